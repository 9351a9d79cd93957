"""mcp_peer.py: the official Python SDK with the OpenTelemetry SDK, on either side of an MCP connection over stdio.
  mcp_peer.py client URL PROGRAM [argument ...]   an agent that calls the tools of PROGRAM
  mcp_peer.py server URL                          a server of the same two tools

Invariant: its spans are sent to URL before it ends. The client prints the results of the tools on stdout, a line each."""
import asyncio
import sys

from mcp import ClientSession, MCPError, StdioServerParameters, stdio_client
from mcp.server.mcpserver import MCPServer
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

CALLS = (("read_soil", 3), ("open_valve", 3), ("open_valve", 7), ("fly", 1))


async def call(url, command):
    server = StdioServerParameters(command=command[0], args=command[1:], env={"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": url,
                                                                              "OTEL_SERVICE_NAME": "greenhouse"})
    with trace.get_tracer("agent").start_as_current_span("invoke_agent gardener"):
        async with stdio_client(server) as streams, ClientSession(*streams) as session:
            await session.initialize()
            print(sorted(tool.name for tool in (await session.list_tools()).tools))
            for name, bed in CALLS:
                try:
                    result = await session.call_tool(name, {"bed": bed})
                    print(name, result.content[0].text, result.is_error)
                except MCPError as error:
                    print(name, error)


def serve():
    server = MCPServer("greenhouse")

    @server.tool()
    def read_soil(bed: int) -> str:
        return f"{12 + bed} %"

    @server.tool()
    def open_valve(bed: int) -> str:
        with trace.get_tracer("valve").start_as_current_span("move valve"):
            return f"valve {bed} is open"

    server.run("stdio")


def main(side, url, command):
    provider = TracerProvider(resource=Resource.create({"service.name": "cloud-agent"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=url)))
    trace.set_tracer_provider(provider)
    if side == "client":
        asyncio.run(call(url, command))
    else:
        serve()
    provider.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
