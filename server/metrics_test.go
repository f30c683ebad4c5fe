package server_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
)

// TestMetricNames wants the names and kinds of figures that dashboards, autoscalers and
// Kubernetes' inference gateway read.
func TestMetricNames(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m, Adapters: []chord.AdapterScale{{Adapter: adapter(t, m, 1), Scale: 1}, {Adapter: adapter(t, m, 2)}}}}})
	post(t, url+"/v1/completions", `{"prompt":"Once upon a time","max_tokens":3}`)
	body := do(t, "GET", url+"/metrics", "").body
	for name, want := range map[string]string{
		"chord_prompt_tokens_total": "counter", "chord_prompt_tokens_cached_total": "counter", "chord_prompt_seconds_total": "counter",
		"chord_tokens_predicted_total": "counter", "chord_tokens_predicted_seconds_total": "counter", "chord_queue_seconds_total": "counter",
		"chord_runs_failed_total": "counter", "chord_streams_resumed_total": "counter", "chord_http_requests_total": "counter",
		"chord_prompt_tokens_seconds": "gauge", "chord_predicted_tokens_seconds": "gauge", "chord_n_decode_total": "gauge",
		"chord_n_busy_slots_per_decode": "gauge", "chord_kv_cache_usage_ratio": "gauge", "chord_kv_cache_bytes": "gauge",
		"chord_kv_cache_kept_bytes": "gauge", "chord_requests_processing": "gauge", "chord_requests_deferred": "gauge",
		"chord_requests_running": "gauge", "chord_models_loaded": "gauge", "chord_lora_requests_info": "gauge",
		"vllm:num_requests_waiting": "gauge", "vllm:num_requests_running": "gauge", "vllm:kv_cache_usage_perc": "gauge", "vllm:lora_requests_info": "gauge",
	} {
		if !strings.Contains(body, "# TYPE "+name+" "+want+"\n") {
			t.Errorf("no %s %s", want, name)
		}
		body = strings.Replace(body, "# TYPE "+name+" ", "# ", 1)
	}
	if more := regexp.MustCompile(`# TYPE .*`).FindString(body); more != "" {
		t.Errorf("the test does not know of %q", more)
	}
	if !regexp.MustCompile(`(?m)^vllm:lora_requests_info\{max_lora="2",running_lora_adapters="[^",]+",waiting_lora_adapters=""\} [0-9.e+]+$`).MatchString(body) {
		t.Errorf("adapters: %s", regexp.MustCompile(`(?m)^.*lora_requests_info.*$`).FindAllString(body, -1))
	}
}

// gauge returns a figure of a server.
func gauge(t *testing.T, url, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(do(t, "GET", url+"/metrics", "").body, "\n"+name+" ")
	if !ok {
		t.Fatalf("no %s", name)
	}
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

// TestQueueMetric wants prompts that wait to be the queue, and texts that have begun not
// to be.
func TestQueueMetric(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}})
	const body = `{"prompt":"Once upon a time","max_tokens":400,"ignore_eos":true,"stream":true}`
	for range 4 {
		r, err := http.Post(url+"/v1/completions", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if line, err := bufio.NewReader(r.Body).ReadString('\n'); err != nil || !strings.HasPrefix(line, "id: ") {
			t.Fatal(line, err)
		}
	}
	for gauge(t, url, "chord_requests_processing") == "4" {
		if n := gauge(t, url, "chord_requests_deferred"); n != "0" {
			t.Fatalf("%s of the texts that have begun are in the queue", n)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				q, _ := http.NewRequestWithContext(ctx, "POST", url+"/v1/completions", strings.NewReader(fmt.Sprintf(`{"prompt":"%d %d %s","max_tokens":1}`, i, n, strings.Repeat("Once upon a time ", 60))))
				q.Header.Set("Content-Type", "application/json")
				if r, err := http.DefaultClient.Do(q); err == nil {
					r.Body.Close()
				}
			}
		})
	}
	for gauge(t, url, "vllm:num_requests_waiting") == "0" {
	}
	cancel()
	wg.Wait()
}

// TestServePage wants every figure and every limit to be in docs/serve.md.
func TestServePage(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "docs", "serve.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m, Adapters: []chord.AdapterScale{{Adapter: adapter(t, m, 1)}}}}})
	post(t, url+"/v1/completions", `{"prompt":"a","max_tokens":1}`)
	var names []string
	for _, f := range regexp.MustCompile(`# TYPE (\S+)`).FindAllStringSubmatch(do(t, "GET", url+"/metrics", "").body, -1) {
		names = append(names, f[1])
	}
	for f := range reflect.TypeFor[server.Limits]().Fields() {
		names = append(names, "`"+f.Name+"`")
	}
	for _, name := range names {
		if !strings.Contains(page, name) {
			t.Errorf("no %s", name)
		}
	}
	for _, name := range regexp.MustCompile("(chord_[a-z_]+|vllm:[a-z_]+)").FindAllString(page, -1) {
		if !slices.Contains(names, name) && name != "chord_http_requests_total" {
			t.Errorf("there is no figure %s", name)
		}
	}
}
