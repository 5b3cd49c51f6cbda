// Mistakes in the methods of `routes` and `exclude`, and in exact paths, and what the error says about them.

import type { Mistake } from '../support/mistake.ts'

const KEY = 'must begin with "/", or with methods and one blank before it'
const SEPARATION = 'commas without blanks between methods, and one blank before the path'
const LAST = "names methods after the path: they come before it, 'POST /payouts'"
const ONE_PATH = 'must be one path: give each path a key of its own'

/** A key that is a mistake, and what is said about it wherever it stands. */
const KEYS: readonly { readonly key: string; readonly says: string }[] = [
  { key: 'post /a', says: 'in capitals, because they are compared as they come: write POST' },
  { key: 'Get /a', says: 'write GET' },
  { key: 'PUT,patch /a', says: 'write PATCH' },
  { key: 'm-search /a', says: 'write M-SEARCH' },
  { key: 'PSOT /a', says: 'a method that is not known' },
  { key: 'ALL /a', says: 'a key without methods is for every method' },
  { key: 'ANY /a', says: 'not known' },
  { key: 'CONNECT /a', says: 'not known' },
  { key: 'TRACE /a', says: 'not known' },
  { key: 'hunter2 /a', says: 'not known' },
  { key: '__proto__ /a', says: 'not known' },
  { key: '* /a', says: 'not known' },
  { key: 'PÖST /a', says: 'not known' },
  { key: 'GET|POST /a', says: SEPARATION },
  { key: 'GET+POST /a', says: SEPARATION },
  { key: '/a POST', says: LAST },
  { key: '/a PUT,PATCH', says: LAST },
  { key: '/a, GET', says: LAST },
  { key: 'GET /a GET', says: LAST },
  { key: '/a,GET', says: LAST },
  { key: '/a|POST', says: LAST },
  { key: '/a POST/', says: LAST },
  { key: '/a POST,', says: LAST },
  { key: '/a PUT+PATCH', says: LAST },
  { key: '/a PUT & PATCH', says: LAST },
  { key: '/a PUT/PATCH', says: LAST },
  { key: '/a\u00a0PUT,PATCH', says: LAST },
  { key: '/a, /b', says: ONE_PATH },
  { key: '/a /b', says: ONE_PATH },
  { key: '/a,/b', says: ONE_PATH },
  { key: 'POST /a|/b', says: ONE_PATH },
  { key: 'GET /a, POST /b', says: ONE_PATH },
  { key: 'GET, POST /a', says: SEPARATION },
  { key: 'GET POST /a', says: SEPARATION },
  { key: 'POST  /a', says: SEPARATION },
  { key: ' POST /a', says: SEPARATION },
  { key: ' /a', says: SEPARATION },
  { key: ', /a', says: SEPARATION },
  { key: 'GET,,POST /a', says: SEPARATION },
  { key: 'GET, /a', says: SEPARATION },
  { key: 'GET\t,POST /a', says: SEPARATION },
  { key: 'POST/a', says: KEY },
  { key: 'POST\t/a', says: KEY },
  { key: 'POST a', says: KEY },
  { key: 'POST', says: KEY },
  { key: 'POST ', says: KEY },
  { key: 'POST hunter2/a', says: KEY },
  { key: 'POST:/a', says: KEY },
  { key: 'POST,POST /a', says: 'names a method twice' },
  { key: 'GET,HEAD /a', says: 'GET stands for HEAD too: leave HEAD out' },
  { key: 'HEAD,POST,GET /a', says: 'leave HEAD out' },
  { key: 'POST /a/*', says: '"*"' },
  { key: 'POST /users/:id', says: 'belongs to a pattern' },
  { key: 'POST /%61', says: 'percent-encoding' },
]

const twice = (one: string, other: string, ...says: readonly string[]): Mistake => ({
  options: { routes: { [one]: {}, [other]: {} } },
  says: [`routes["${other}"]`, ...says],
})

export const METHOD_MISTAKES: readonly Mistake[] = [
  ...KEYS.flatMap(({ key, says }) => [
    {
      options: { routes: Object.defineProperty({}, key, { value: {}, enumerable: true }) },
      says: ['routes[', says],
    },
    { options: { exclude: [key] }, says: ['exclude[0]', says] },
    { options: { exclude: [{ exact: key }] }, says: ['exclude[0].exact', says] },
  ]),

  twice('POST /a', 'POST //a/', 'is for POST, and so is routes["POST /a"] for the same paths'),
  twice(
    'POST,PUT /a',
    'PATCH,PUT,POST /a',
    'is for PUT, POST, and so is routes["POST,PUT /a"]',
    'leave it out',
  ),
  twice('GET /a', 'HEAD /a', 'is for HEAD, and so is', 'GET stands for HEAD too'),
  twice('HEAD /a', 'GET /a', 'is for HEAD, and so is', 'GET stands for HEAD too'),
  twice('GET /a', 'GET /a/', 'is for GET, and so is routes["GET /a"]'),
  twice('POST /', 'POST //', 'is for POST'),

  { options: { exclude: [{ exact: '' }] }, says: ['exclude[0].exact', 'must begin with "/"'] },
  { options: { exclude: [{ exact: 'hunter2' }] }, says: ['exclude[0].exact', 'must begin with "/"'] },
  { options: { exclude: [{ exact: '//' }] }, says: ['exclude[0].exact', 'empty segments'] },
  { options: { exclude: [{ exact: '/a//b' }] }, says: ['exclude[0].exact', 'empty segments'] },
  { options: { exclude: [{ exact: '/a/..' }] }, says: ['exclude[0].exact', '".." segments'] },
  { options: { exclude: [{ exact: 7777 }] }, says: ['exclude[0].exact', 'must be a string, not a number'] },
  { options: { exclude: [{ exact: undefined }] }, says: ['exclude[0].exact is undefined'] },
  {
    options: { exclude: [{ exact: '/a', methods: ['GET'] }] },
    says: ['Unknown option "methods" in exclude[0]'],
  },
  { options: { exclude: [{}] }, says: ['exclude[0]', "{ exact: '/path' }, not an object"] },
  { options: { exclude: [{ path: '/hunter2' }] }, says: ['exclude[0]', "{ exact: '/path' }"] },
  { options: { exclude: [['/hunter2']] }, says: ['exclude[0]', 'not a list'] },
  { options: { exclude: [/hunter2/] }, says: ['exclude[0]', "{ exact: '/path' }"] },
  { options: { exclude: { exact: '/hunter2' } }, says: ['exclude', 'must be a list'] },

  // An exclusion and a route that are for the same method.
  {
    options: { exclude: ['POST /a'], routes: { 'POST /a': {} } },
    says: ['exclude[0] covers routes["POST /a"] for POST', 'remove one'],
  },
  {
    options: { exclude: ['GET,POST /a'], routes: { 'GET,PUT,POST /a/b': {} } },
    says: ['exclude[0] covers routes["GET,PUT,POST /a/b"] for GET, POST'],
  },
  {
    options: { exclude: ['OPTIONS /'], routes: { 'OPTIONS /a': {} } },
    says: ['exclude[0] covers routes["OPTIONS /a"] for OPTIONS'],
  },
  { options: { exclude: ['HEAD /a'], routes: { 'GET /a': {} } }, says: ['for HEAD'] },
  { options: { exclude: ['GET /a'], routes: { 'HEAD /a/b': {} } }, says: ['for HEAD'] },
  {
    options: { exclude: ['/a'], routes: { 'POST /a': {} } },
    says: ['exclude[0] covers routes["POST /a"]', 'never be checked', "name methods: 'GET /docs'"],
  },
  { options: { exclude: ['/a'], routes: { 'POST /a/b': {} } }, says: ['covers routes["POST /a/b"]'] },
  {
    options: { exclude: ['GET /'], routes: { '/admin': {} } },
    says: ['exclude[0] would also exclude GET below routes["/admin"]', 'on that prefix too'],
  },
  {
    options: { exclude: ['GET,OPTIONS,PUT /', 'GET /a'], routes: { '/a': {} } },
    says: ['exclude[0] would also exclude PUT below routes["/a"]'],
  },
  {
    options: { exclude: ['GET /a'], routes: { '/a': {}, '/a/b': {} } },
    says: ['would also exclude GET below routes["/a/b"]'],
  },
  {
    options: { exclude: ['GET /Admin'], routes: { '/admin': {} } },
    says: ['exclude[0]', 'only in case or suffix'],
  },
  {
    options: { exclude: ['GET /admin.json'], routes: { 'GET,POST /admin': {} } },
    says: ['exclude[0]', 'only in case or suffix'],
  },
  {
    options: { exclude: ['/Admin'], routes: { 'POST /admin': {} } },
    says: ['exclude[0]', 'only in case or suffix'],
  },
  {
    options: { exclude: [{ exact: '/Admin' }], routes: { '/admin': {} } },
    says: ['exclude[0]', 'only in case or suffix'],
  },
  {
    options: { exclude: [{ exact: '/Admin/' }], routes: { '/admin': {} } },
    says: ['exclude[0]', 'only in case or suffix'],
  },
]

/** What looks like a mistake and is none. */
export const SOUND: readonly object[] = [
  { routes: { 'POST /a': {}, 'PUT,PATCH /a': {}, '/a': {}, 'GET /a': {} } },
  { routes: { 'HEAD /a': {}, '/a': {} } },
  {
    routes: {
      'POST /a': {},
      'POST /A': {},
      'POST /a b': {},
      'POST /POST/b': {},
      '/blog post': {},
      '/to GET/x': {},
      '/my API/SEARCH': {},
    },
  },
  { routes: { 'GET /': {}, 'POST /': {}, '/': {} } },
  { routes: { 'M-SEARCH,VERSION-CONTROL,PURGE,QUERY /dav': {} } },
  { routes: { '/a': {} }, exclude: ['OPTIONS /', 'GET /a'] },
  { routes: { '/a': {} }, exclude: ['GET /', 'GET /a'] },
  { routes: { 'POST,PUT /a': {} }, exclude: ['GET /a', 'DELETE,OPTIONS /a/b', 'OPTIONS /'] },
  { routes: { 'POST /a': {} }, exclude: ['GET /', 'OPTIONS /A'] },
  { routes: { '/a': {} }, exclude: ['OPTIONS /', 'OPTIONS /A.json'] },
  {
    routes: { '/': {}, '/a': {}, '/a/b': {} },
    exclude: [{ exact: '/' }, { exact: '/a' }, { exact: 'GET /a/b/' }],
  },
  { exclude: [{ exact: '/' }, { exact: 'POST /a' }, { exact: '/a/' }] },
  { exclude: ['GET /a', 'GET /a', '/a'] },
]
