// A page that anybody may see, with a form that not everybody may send.

import { pay } from './actions.ts'

export const dynamic = 'force-dynamic'

export default function Page() {
  // The type of an action in a form has no result. The test reads it from the answer.
  const action: () => Promise<unknown> = pay
  return (
    <form action={action as () => Promise<void>}>
      <button type="submit">Pay</button>
    </form>
  )
}
