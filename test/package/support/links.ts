// The links of a document, and the anchors that others can name in it.

/** Markdown without what is shown as code. */
function proseOf(text: string): string {
  return text.replace(/^( *)(```+|~~~+)[\s\S]*?^\1\2$/gm, '').replace(/<!--[\s\S]*?-->/g, '')
}

const INLINE_CODE = /(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g

/** Inline, by reference, and in HTML. */
const LINKS = [
  /\]\(\s*<?([^\s)>]*(?:\([^\s)]*\)[^\s)>]*)*)>?(?:\s+"[^"]*")?\s*\)/g,
  /^ {0,3}\[[^\]\n]+\]:\s+<?([^\s>]+)>?/gm,
  /\s(?:href|src|srcset)="([^"]*)"/g,
  /<(https?:[^\s>]*)>/g,
]

export function linksOf(text: string): readonly string[] {
  const prose = proseOf(text).replace(INLINE_CODE, '`code`')
  return LINKS.flatMap((form) => Array.from(prose.matchAll(form), ([, target = '']) => target))
}

/** As GitHub makes them of headings, and those that are written in HTML. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const prose = proseOf(text)
  const anchors = new Set(
    Array.from(prose.matchAll(/<\w+ [^>]*\b(?:id|name)="([^"]+)"/g), ([, id = '']) => id),
  )
  for (const [, heading = ''] of prose.matchAll(/^ {0,3}#{1,6}\s+(.*?)\s*#*$/gm)) {
    const slug = slugOf(heading)
    for (let number = 0; ; number++) {
      const anchor = number === 0 ? slug : `${slug}-${number}`
      if (anchors.has(anchor)) continue
      anchors.add(anchor)
      break
    }
  }
  return anchors
}

function slugOf(heading: string): string {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<[^>]+>/g, '')
    .replace(/\\(?=[^\w\s])/g, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replace(/ /g, '-')
}

/** What is wrong with a link to another site, as far as its text tells. Nothing is fetched. */
export function mistakeInUrl(link: string): string | undefined {
  if (!URL.canParse(link)) return 'is no URL'
  const { protocol, hostname, username, password } = new URL(link)
  const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLocal)) return 'is not https:'
  if (username !== '' || password !== '') return 'holds credentials'
  return isLocal || /^[\w-]+(\.[\w-]+)+$/.test(hostname) ? undefined : 'has no host name'
}
