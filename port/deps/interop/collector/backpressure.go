// backpressure.go: a processor that refuses its first requests as a busy component does; the receiver answers for it.
package main

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// refusals: how many requests. exhausted: RESOURCE_EXHAUSTED (429), else UNAVAILABLE (503). delay: RetryInfo; 0 for none.
type backpressureConfig struct {
	Refusals  int64         `mapstructure:"refusals"`
	Exhausted bool          `mapstructure:"exhausted"`
	Delay     time.Duration `mapstructure:"delay"`
}

type backpressure struct {
	component.StartFunc
	component.ShutdownFunc
	config *backpressureConfig
	count  atomic.Int64
	next   consumer.Traces
}

func (b *backpressure) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (b *backpressure) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	if b.count.Add(1) > b.config.Refusals {
		return b.next.ConsumeTraces(ctx, traces)
	}
	code := codes.Unavailable
	if b.config.Exhausted {
		code = codes.ResourceExhausted
	}
	refusal := status.New(code, "busy")
	if b.config.Delay > 0 {
		detailed, err := refusal.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(b.config.Delay)})
		if err != nil {
			return err
		}
		refusal = detailed
	}
	return refusal.Err()
}

func newBackpressureFactory() processor.Factory {
	create := func(
		_ context.Context, _ processor.Settings, config component.Config, next consumer.Traces,
	) (processor.Traces, error) {
		return &backpressure{config: config.(*backpressureConfig), next: next}, nil
	}
	return processor.NewFactory(component.MustNewType("backpressure"),
		func() component.Config { return &backpressureConfig{} },
		processor.WithTraces(create, component.StabilityLevelDevelopment))
}
