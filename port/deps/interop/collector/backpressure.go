// backpressure.go: a processor that takes one request at a time, each so long after the one before, and refuses what comes
// earlier as a busy component does; the receiver answers for it.
package main

import (
	"context"
	"sync"
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

// every: the time from one request to the next; 0 takes all. exhausted: RESOURCE_EXHAUSTED (429), else UNAVAILABLE (503).
// tells: RetryInfo has the time that is left, in whole seconds as Retry-After has it.
type backpressureConfig struct {
	Every     time.Duration `mapstructure:"every"`
	Exhausted bool          `mapstructure:"exhausted"`
	Tells     bool          `mapstructure:"tells"`
}

type backpressure struct {
	component.StartFunc
	component.ShutdownFunc
	config *backpressureConfig
	lock   sync.Mutex
	free   time.Time
	next   consumer.Traces
}

func (b *backpressure) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

// left is how long it is still busy; 0: it is not, and from now on it is.
func (b *backpressure) left() time.Duration {
	b.lock.Lock()
	defer b.lock.Unlock()
	now := time.Now()
	if now.Before(b.free) {
		return b.free.Sub(now)
	}
	b.free = now.Add(b.config.Every)
	return 0
}

func (b *backpressure) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	left := b.left()
	if left == 0 {
		return b.next.ConsumeTraces(ctx, traces)
	}
	code := codes.Unavailable
	if b.config.Exhausted {
		code = codes.ResourceExhausted
	}
	refusal := status.New(code, "busy")
	if b.config.Tells {
		left = (left + time.Second - 1).Truncate(time.Second)
		detailed, err := refusal.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(left)})
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
