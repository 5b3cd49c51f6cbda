// The page of everything below `/admin`.

import { Page, served } from '../../page.tsx'

export default Page
export const getServerSideProps = served('admin/7')
