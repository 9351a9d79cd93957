// mcp_go: an MCP server of two tools by mcp-go, over stdin and stdout, traced by the OpenTelemetry SDK: mcp_go URL
// mcp-go's OpenTelemetry adapter is a module of its own, which is not needed. Its interfaces are implemented here.
// Invariant: its spans are sent to URL before it ends.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/mark3labs/mcp-go/tracing"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
)

type tracer struct{ api.Tracer }
type span struct{ api.Span }
type meta struct{ propagation.TraceContext }

func values(given []tracing.Attribute) (out []attribute.KeyValue) {
	for _, one := range given {
		out = append(out, attribute.String(one.Key, one.Value))
	}
	return
}

func (t tracer) Start(ctx context.Context, name string, kind tracing.SpanKind, attrs ...tracing.Attribute) (
	context.Context, tracing.Span) {
	kinds := map[tracing.SpanKind]api.SpanKind{
		tracing.SpanKindServer: api.SpanKindServer, tracing.SpanKindClient: api.SpanKindClient,
		tracing.SpanKindInternal: api.SpanKindInternal}
	ctx, started := t.Tracer.Start(ctx, name, api.WithSpanKind(kinds[kind]), api.WithAttributes(values(attrs)...))
	return tracing.ContextWithSpan(ctx, span{started}), span{started}
}

func (s span) SetAttributes(attrs ...tracing.Attribute) { s.Span.SetAttributes(values(attrs)...) }
func (s span) RecordError(err error)                    { s.Span.RecordError(err) }
func (s span) End()                                     { s.Span.End() }
func (s span) SetStatus(code tracing.StatusCode, description string) {
	s.Span.SetStatus(map[tracing.StatusCode]codes.Code{
		tracing.StatusOK: codes.Ok, tracing.StatusError: codes.Error}[code], description)
}

func (m meta) InjectMeta(_ context.Context, given *mcp.Meta) *mcp.Meta { return given }
func (m meta) ExtractMeta(ctx context.Context, given *mcp.Meta) context.Context {
	carrier := propagation.MapCarrier{}
	if given != nil {
		for key, value := range given.AdditionalFields {
			if text, is := value.(string); is {
				carrier[key] = text
			}
		}
	}
	return m.Extract(ctx, carrier)
}

func main() {
	ctx := context.Background()
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(os.Args[1]))
	if err != nil {
		log.Fatal(err)
	}
	provider := trace.NewTracerProvider(trace.WithSyncer(exporter), trace.WithResource(
		resource.NewSchemaless(attribute.String("service.name", "greenhouse-go"))))
	own := provider.Tracer("valve")
	s := server.NewMCPServer("greenhouse", "1", server.WithTracer(tracer{own}), server.WithMetaPropagator(meta{}))
	s.AddTool(mcp.NewTool("read_soil", mcp.WithNumber("bed", mcp.Required())),
		func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText(fmt.Sprintf("%d %%", 12+r.GetInt("bed", 0))), nil
		})
	s.AddTool(mcp.NewTool("open_valve", mcp.WithNumber("bed", mcp.Required())),
		func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			_, moving := own.Start(ctx, "move valve")
			defer moving.End()
			return mcp.NewToolResultText("open"), nil
		})
	if err := server.ServeStdio(s); err != nil {
		log.Print(err)
	}
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}
