// A server for openapi.yaml. With HOOKS=1 it has the hooks of docs/implementing.md, without it what fastify does.
import { timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { parse } from 'yaml'

const { PROJECT_ID, INSTANCE_ID, TASK_ID, TOKEN, HOOKS, PORT, CONTRACT } = process.env
const tasks = new Set([TASK_ID])

const [[path, item]] = Object.entries(parse(readFileSync(CONTRACT, 'utf8')).paths)
const url = path.replaceAll(/{(\w+)}/g, ':$1')
const params = {
  type: 'object',
  properties: Object.fromEntries(item.delete.parameters.map(({ name, schema }) => [name, schema])),
}

const error = (reply, status, error_code, error_msg) => reply.code(status).send({ error_code, error_msg })

const same = (a, b) => a.length === b.length && timingSafeEqual(a, b)

// begin hooks
const malformed = { project_id: 'DMS.00400002', instance_id: 'DMS.00400030', task_id: 'DMS.00400070' }

const options = {
  routerOptions: { maxParamLength: 4096 }, // the default, 100, refuses longer IDs before they are validated
  frameworkErrors: (err, request, reply) => error(reply, 400, 'DMS.00400070', 'The URL is malformed.'),
}

function addHooks (app) {
  app.setErrorHandler((err, request, reply) => {
    const name = err.validation?.[0].instancePath.slice(1)
    if (name) return error(reply, 400, malformed[name], `${name} is malformed.`)
    if (err.statusCode < 500) return error(reply, 400, 'DMS.00400002', 'The request is malformed.')
    return error(reply, 500, 'DMS.00500000', 'Internal error.')
  })
  app.setNotFoundHandler((request, reply) => error(reply, 404, 'DMS.00404001', 'The requested URL does not exist.'))
  app.route({ // fastify answers a wrong method with 404
    method: ['GET', 'PUT', 'POST', 'PATCH'],
    url,
    handler: (request, reply) => {
      reply.header('allow', 'DELETE')
      return error(reply, 405, 'DMS.00405001', 'The method is not allowed.')
    },
  })
}
// end hooks

const app = Fastify(HOOKS ? options : {})
if (HOOKS) addHooks(app)

app.addHook('onRequest', async (request, reply) => { // before the path is validated
  if (same(Buffer.from(request.headers['x-auth-token'] ?? ''), Buffer.from(TOKEN))) return
  return error(reply, 401, 'DMS.10240101', 'The token is missing or wrong.')
})

app.delete(url, { schema: { params } }, async (request, reply) => {
  const { project_id: project, instance_id: instance, task_id: task } = request.params
  if (project !== PROJECT_ID) return error(reply, 401, 'DMS.10240104', 'The token is for another project.')
  if (instance.toLowerCase() !== INSTANCE_ID) return error(reply, 404, 'DMS.00404022', 'The instance does not exist.')
  if (!tasks.delete(task)) return error(reply, 404, 'DMS.00404001', 'The task does not exist.')
  return reply.code(204).send()
})

await app.listen({ host: '127.0.0.1', port: PORT })
