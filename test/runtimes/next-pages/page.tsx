// What all pages are: they say which one was served, and in which language.

import type { GetServerSideProps } from 'next'

export const Page = () => <p>A page</p>

export const served =
  (page: string): GetServerSideProps =>
  async ({ res, locale }) => {
    res.setHeader('X-Page', `${page} ${locale}`)
    return { props: {} }
  }
