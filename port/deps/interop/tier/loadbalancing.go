// loadbalancing.go: the settings of the load-balancing exporter of opentelemetry-collector-contrib, as its documentation gives
// them. Its module could not be had from the Go proxy; this stands in for it when gateway.yaml is validated, and exports nothing.
package main

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

type otlpConfig struct {
	TimeoutConfig exporterhelper.TimeoutConfig                             `mapstructure:",squash"`
	QueueConfig   configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	RetryConfig   configretry.BackOffConfig                                `mapstructure:"retry_on_failure"`
	ClientConfig  configgrpc.ClientConfig                                  `mapstructure:",squash"`
}

type dnsResolver struct {
	Hostname string        `mapstructure:"hostname"`
	Port     string        `mapstructure:"port"`
	Interval time.Duration `mapstructure:"interval"`
	Timeout  time.Duration `mapstructure:"timeout"`
}

type staticResolver struct {
	Hostnames []string `mapstructure:"hostnames"`
}

type loadBalancingConfig struct {
	RoutingKey string                                                   `mapstructure:"routing_key"`
	Retry      configretry.BackOffConfig                                `mapstructure:"retry_on_failure"`
	Queue      configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	Protocol   struct {
		OTLP otlpConfig `mapstructure:"otlp"`
	} `mapstructure:"protocol"`
	Resolver struct {
		DNS    *dnsResolver    `mapstructure:"dns"`
		Static *staticResolver `mapstructure:"static"`
	} `mapstructure:"resolver"`
}

func (c *loadBalancingConfig) Validate() error {
	if c.RoutingKey != "" && c.RoutingKey != "traceID" && c.RoutingKey != "service" {
		return errors.New("routing_key of traces: traceID or service")
	}
	if (c.Resolver.DNS == nil) == (c.Resolver.Static == nil) {
		return errors.New("one resolver")
	}
	if c.Resolver.DNS != nil && c.Resolver.DNS.Hostname == "" {
		return errors.New("no hostname to resolve")
	}
	return nil
}

func newLoadBalancingFactory() exporter.Factory {
	return exporter.NewFactory(component.MustNewType("loadbalancing"),
		func() component.Config {
			c := &loadBalancingConfig{}
			c.Protocol.OTLP.QueueConfig = configoptional.Some(exporterhelper.NewDefaultQueueConfig())
			return c
		},
		exporter.WithTraces(func(
			ctx context.Context, settings exporter.Settings, config component.Config,
		) (exporter.Traces, error) {
			return exporterhelper.NewTraces(ctx, settings, config, func(context.Context, ptrace.Traces) error {
				return errors.New("a stand-in, which only validates")
			})
		}, component.StabilityLevelDevelopment))
}
