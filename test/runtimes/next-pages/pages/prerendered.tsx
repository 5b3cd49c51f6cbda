// A page that Next.js renders when it builds, for shared caches to keep.

import { Page } from '../page.tsx'

export default Page
export const getStaticProps = () => ({ props: {} })
