// The code, status and challenge of every refusal, as `caracal-edge/testing` restates them.

export { answerOf, type ProtocolAnswer, STATUS_OF } from '../../src/testing/protocol-answers.ts'
