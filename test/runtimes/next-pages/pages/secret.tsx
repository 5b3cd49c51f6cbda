// The page of what `/payroll` is rewritten to.

import { Page, served } from '../page.tsx'

export default Page
export const getServerSideProps = served('secret')
