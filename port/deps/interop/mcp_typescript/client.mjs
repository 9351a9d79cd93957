// client.mjs: the official TypeScript SDK as client of a server over stdio: client.mjs TRACEPARENT URL PROGRAM. It makes no spans
// of its own and passes _meta on, so the caller's traceparent goes in there.
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const [traceparent, url, command] = process.argv.slice(2);
const client = new Client({ name: 'gardener', version: '1' });
await client.connect(new StdioClientTransport({ command, env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url } }));
const { tools } = await client.listTools();
console.log(tools.map((tool) => tool.name).sort().join(' '));
for (const [name, bed] of [['read_soil', 3], ['open_valve', 7]]) {
  const result = await client.callTool({ name, arguments: { bed }, _meta: { traceparent } });
  console.log(name, result.content[0].text, result.isError);
}
await client.close();
