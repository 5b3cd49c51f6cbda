// A React Router app, as its bundler would build it, that records which loaders ran.

/** The parts of both versions that are used. */
interface ReactRouter {
  createRequestHandler(build: object, mode: string): (request: Request) => Promise<Response>
}

/** Paths of routes. Each has a loader; those of `RESOURCES` have no component, so their loader answers. */
const PAGES = ['admin', 'admin/:id', '', 'x'] as const
const RESOURCES = ['payroll', 'café', 'health/*', 'favicon.ico/*', 'admin/public/*', '*'] as const

export interface App {
  handle(request: Request): Promise<Response>
  /** The paths of the routes whose loaders have run since the last call. */
  takeRan(): readonly string[]
}

export interface Setting {
  /** The name under which the version is installed. */
  readonly installedAs: 'react-router-7' | 'react-router-8'
  readonly basename?: string
  readonly future?: object
}

export async function reactRouterApp({ installedAs, basename = '/', future = {} }: Setting): Promise<App> {
  const { createRequestHandler }: ReactRouter = await import(installedAs)
  let ran: string[] = []
  const routes = [
    ...PAGES.map((path) => ({ path, module: { default: () => null, loader: () => void ran.push(path) } })),
    ...RESOURCES.map((path) => ({ path, module: { loader: () => Response.json(ran.push(path)) } })),
  ].map(({ path, module }) => ({
    id: path === '' ? 'index' : path,
    parentId: 'root',
    ...(path === '' ? { index: true } : { path }),
    module,
  }))
  const manifest = [{ id: 'root', path: '', module: { default: () => null } }, ...routes]
  const handle = createRequestHandler(
    {
      entry: { module: { default: async () => new Response('a document'), handleError() {} } },
      routes: Object.fromEntries(manifest.map((route) => [route.id, route])),
      assets: {
        version: '1',
        url: '',
        entry: { imports: [], module: '' },
        routes: Object.fromEntries(
          manifest.map(({ module, ...route }) => [
            route.id,
            { ...route, hasLoader: 'loader' in module, hasAction: false, module: '' },
          ]),
        ),
      },
      publicPath: '/',
      assetsBuildDirectory: '',
      basename,
      future,
      ssr: true,
      isSpaMode: false,
      prerender: [],
      routeDiscovery: { mode: 'initial' },
    },
    'production',
  )
  return {
    async handle(request) {
      // Read to its end, because a document can be sent while loaders still run.
      const response = await handle(request)
      return new Response(await response.arrayBuffer(), {
        status: response.status === 204 ? 200 : response.status,
      })
    },
    takeRan() {
      const taken = ran
      ran = []
      return taken
    },
  }
}
