// A server for openapi.yaml. With HOOKS=1 it has the hooks of docs/implementing.md, without it what
// express-openapi-validator does.
import { timingSafeEqual } from 'node:crypto'
import express from 'express'
import { middleware } from 'express-openapi-validator'

const { PROJECT_ID, INSTANCE_ID, TASK_ID, TOKEN, HOOKS, PORT, CONTRACT } = process.env
const tasks = new Set([TASK_ID])

const error = (res, status, error_code, error_msg) => res.status(status).json({ error_code, error_msg })

const same = (a, b) => a.length === b.length && timingSafeEqual(a, b)

const app = express()

if (HOOKS) beStrict()

app.use(middleware({
  apiSpec: CONTRACT,
  validateSecurity: {
    handlers: {
      token: (req) => same(Buffer.from(req.get('x-auth-token')), Buffer.from(TOKEN)),
      signature: () => false, // there are no access keys
    },
  },
}))

app.delete('/v2/:project_id/instances/:instance_id/tasks/:task_id', (req, res) => {
  const { project_id: project, instance_id: instance, task_id: task } = req.params
  if (project !== PROJECT_ID) return error(res, 401, 'DMS.10240104', 'The token is for another project.')
  if (instance.toLowerCase() !== INSTANCE_ID) return error(res, 404, 'DMS.00404022', 'The instance does not exist.')
  if (!tasks.delete(task)) return error(res, 404, 'DMS.00404001', 'The task does not exist.')
  res.status(204).end()
})

// begin hooks
function beStrict () { // before all routes: a trailing slash, or a capital letter, makes another URL
  app.enable('strict routing')
  app.enable('case sensitive routing')
}

function addHooks () { // after all routes: errors of the validator and of the router come here
  const malformed = { project_id: 'DMS.00400002', instance_id: 'DMS.00400030', task_id: 'DMS.00400070' }

  app.use((req, res) => error(res, 404, 'DMS.00404001', 'The requested URL does not exist.'))
  app.use((err, req, res, next) => {
    switch (err.status) {
      case 400: { // a path that cannot be decoded names no parameter
        const name = err.errors?.[0].path?.split('/').pop()
        return error(res, 400, malformed[name] ?? 'DMS.00400070', 'The ID or the URL is malformed.')
      }
      case 401:
        return error(res, 401, 'DMS.10240101', 'The token is missing or wrong.')
      case 404:
        return error(res, 404, 'DMS.00404001', 'The requested URL does not exist.')
      case 405:
        return error(res.set(err.headers), 405, 'DMS.00405001', 'The method is not allowed.')
      default:
        return error(res, 500, 'DMS.00500000', 'Internal error.')
    }
  })
}
// end hooks

if (HOOKS) addHooks()
app.listen(PORT, '127.0.0.1')
