package core

import (
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// gatewayNames are more names of figures: those by which the endpoint picker of
// Kubernetes' inference gateway reads a model server unless its flags say others.
//
// [gateway] The model server protocol of kubernetes-sigs/gateway-api-inference-extension.
var gatewayNames = map[string]string{
	"requests_deferred":    "vllm:num_requests_waiting",
	"requests_processing":  "vllm:num_requests_running",
	"kv_cache_usage_ratio": "vllm:kv_cache_usage_perc",
}

// The names of the figure that says which adapters are loaded.
const (
	adapterInfo        = "chord_lora_requests_info"
	gatewayAdapterInfo = "vllm:lora_requests_info"
)

// collectAdapters sends the adapters of the loaded models, if there are any: all of them
// are in memory, those with a scale are in use, and none waits. The value is the time of
// the figure; see [gateway].
func (s *snapshot) collectAdapters(ch chan<- prometheus.Metric) {
	if len(s.adapters) == 0 {
		return
	}
	var names []string
	for _, a := range active(s.adapters) {
		names = append(names, a.Adapter.Info().Name)
	}
	for _, name := range []string{adapterInfo, gatewayAdapterInfo} {
		d := prometheus.NewDesc(name, "Adapters that texts use; the value is the time.", []string{"max_lora", "running_lora_adapters", "waiting_lora_adapters"}, nil)
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(time.Now().Unix()), strconv.Itoa(len(s.adapters)), strings.Join(names, ","), "")
	}
}
