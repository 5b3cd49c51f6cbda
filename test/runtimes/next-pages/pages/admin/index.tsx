// The page of `/admin`.

import { Page, served } from '../../page.tsx'

export default Page
export const getServerSideProps = served('admin')
