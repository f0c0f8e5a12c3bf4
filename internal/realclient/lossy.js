// A network that loses answers: every request reaches the server and is answered
// there, but the first answers to each are cut off before their first byte.
import http from 'node:http'

/**
 * Puts the lossy network between a client and the server, for the length of a test.
 *
 * @param {import('node:test').TestContext} t
 * @param {{url: string}} server
 * @param {object} [options]
 * @param {number} [options.lose] how many answers to each request are lost: 1, unless it says otherwise
 * @param {(call: string) => Promise<void>} [options.meanwhile] runs between a lost answer and its repeat
 * @returns {Promise<{url: string, calls: Map<string, {call: string, answers: {status: number, body: object, at: number}[]}>}>}
 *   calls are the server's answers, lost ones first, by the name that the client gave to its request
 */
export async function startLossy(t, server, { lose = 1, meanwhile } = {}) {
  const calls = new Map()
  const proxy = http.createServer(async (req, res) => {
    const chunks = await req.toArray()
    const answer = await forward(server.url, req, Buffer.concat(chunks))
    const id = req.headers['x-request-id']
    const known = calls.get(id) ?? { call: `${req.method} ${req.url.replace(/\?.*/, '')}`, answers: [] }
    calls.set(id, known)
    known.answers.push({ status: answer.status, body: JSON.parse(answer.body), at: Date.now() })
    if (known.answers.length <= lose) {
      await meanwhile?.(known.call)
      req.socket.destroy()
      return
    }
    res.writeHead(answer.status, answer.headers).end(answer.body)
  })
  await new Promise((listening) => proxy.listen(0, '127.0.0.1', listening))
  t.after(() => { proxy.close(); proxy.closeAllConnections() })
  return { url: `http://127.0.0.1:${proxy.address().port}`, calls }
}

// forward sends the request on and waits for the whole answer.
function forward(url, req, body) {
  return new Promise((answered, failed) => {
    const { method, headers } = req
    const onward = http.request(new URL(req.url, url), { method, headers }, async (res) => {
      const chunks = await res.toArray()
      answered({ status: res.statusCode, headers: res.headers, body: Buffer.concat(chunks) })
    })
    onward.once('error', failed).end(body)
  })
}
