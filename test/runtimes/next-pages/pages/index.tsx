// The page of `/`.

import { Page, served } from '../page.tsx'

export default Page
export const getServerSideProps = served('home')
