package bench

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/querent-ai/chord/internal/cpu"
)

// fields returns r for JSON and CSV.
func (r *loadRow) fields(build string) []field {
	loads, first, reads := nanoseconds(r.loads), nanoseconds(r.first), nanoseconds(r.reads)
	return []field{
		{"build_commit", build}, {"cpu_info", cpu.Name()}, {"backends", "chord " + r.tier},
		{"model_filename", r.File}, {"model_type", r.Type}, {"model_size", r.Size}, {"model_n_params", r.Params},
		{"file_size", r.file}, {"n_threads", r.threads}, {"type_k", r.cache.k}, {"type_v", r.cache.v},
		{"test", "load"}, {"test_time", r.start.UTC().Format(time.RFC3339)},
		{"load_ns", math.Round(median(loads))}, {"first_token_ns", math.Round(median(first))}, {"read_ns", math.Round(median(reads))},
		{"load_of_read", median(ratios(loads, reads))}, {"peak_bytes", some(r.peaks)},
		{"samples_load_ns", loads}, {"samples_first_token_ns", first}, {"samples_read_ns", reads}, {"samples_peak_bytes", all(r.peaks)},
	}
}

// load writes a row about loading.
func (m *markdown) load(r *loadRow) error {
	if m.columns == nil {
		m.columns = []column{{"model", -max(20, len(r.Type))}, {"file", 10}, {"params", 9}, {"backend", -8}, {"threads", 7},
			{"load ms", 17}, {"first token ms", 17}, {"plain read ms", 17}, {"load ÷ read", 11}, {"peak memory", 11}, {"peak ÷ file", 11}}
		if err := m.header(); err != nil {
			return err
		}
	}
	loads, first, reads := nanoseconds(r.loads), nanoseconds(r.first), nanoseconds(r.reads)
	cells := map[string]string{
		"model": r.Type, "file": sizeText(r.file), "params": paramsText(r.Params), "backend": r.tier, "threads": fmt.Sprint(r.threads),
		"load ms": milliseconds(loads), "first token ms": milliseconds(first), "plain read ms": milliseconds(reads),
		"load ÷ read": fmt.Sprintf("%.2f", median(ratios(loads, reads))),
	}
	if len(r.peaks) > 0 {
		cells["peak memory"] = sizeText(int64(median(r.peaks)))
		cells["peak ÷ file"] = fmt.Sprintf("%.3f", median(r.peaks)/float64(max(r.file, 1)))
	}
	return m.line(cells)
}

// milliseconds returns median and spread of nanoseconds.
func milliseconds(ns []float64) string {
	return fmt.Sprintf("%.1f ± %.1f", median(ns)/1e6, stddev(ns)/1e6)
}

// load writes the repetitions of a row about loading, an operation a load.
func (g *goBench) load(r *loadRow) error {
	if err := g.header(); err != nil {
		return err
	}
	for i, d := range r.loads {
		line := fmt.Sprintf("BenchmarkLoad/model=%s/cache=%s/threads=%d/tier=%s\t%8d\t%12d ns/op\t%12d first-token-ns\t%12d read-ns",
			word(r.Type), r.cache, r.threads, r.tier, 1, d.Nanoseconds(), r.first[i].Nanoseconds(), r.reads[i].Nanoseconds())
		if i < len(r.peaks) {
			line += fmt.Sprintf("\t%.0f peak-bytes", r.peaks[i])
		}
		if _, err := io.WriteString(g.w, line+"\n"); err != nil {
			return err
		}
	}
	return nil
}
