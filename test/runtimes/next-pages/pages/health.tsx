// The page of `/health`, which is excluded.

import { Page, served } from '../page.tsx'

export default Page
export const getServerSideProps = served('health')
