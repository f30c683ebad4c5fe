package wasmnpm

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/tales"
)

// logprobBound is how far a token's logarithm of its probability on the device may be from
// the CPU's, which rounds the input of products with quantised matrices to 8 bits and keys
// and values to f16.
const logprobBound = 0.15

// webgpuModels are the models of the page, by name.
func webgpuModels(t *testing.T) map[string][]byte {
	demo, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"Q4_0":           demo,
		"Q8_0, qwen2":    rewritten(t, random(t, "Q8_0", ""), "qwen2"),
		"Q4_K and Q6_K":  random(t, "Q4_K", "Q6_K"),
		"F16, qwen3":     rewritten(t, random(t, "F16", ""), "qwen3"),
		"F32":            random(t, "F32", ""),
		"Q5_0, refused":  random(t, "Q5_0", ""),
		"gemma, refused": rewritten(t, random(t, "F16", ""), "gemma"),
	}
}

// random is a tiny model with random weights.
func random(t *testing.T, matrices, output string) []byte {
	t.Helper()
	s, err := synth.ShapeOf("tiny")
	if err != nil {
		t.Fatal(err)
	}
	s.RopeFreqs = matrices == "F32"
	var b bytes.Buffer
	if err := synth.Write(t.Context(), &b, s, synth.Options{Type: matrices, OutputType: output, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rewritten is a Llama model as one of another architecture, with the biases or norms that
// has.
func rewritten(t *testing.T, model []byte, arch string) []byte {
	t.Helper()
	f, err := gguf.OpenReaderAt(bytes.NewReader(model), int64(len(model)))
	if err != nil {
		t.Fatal(err)
	}
	var kv []gguf.KV
	for _, e := range f.KV {
		if e.Key == "general.architecture" {
			e.Value = arch
		}
		if rest, ok := strings.CutPrefix(e.Key, "llama."); ok {
			e.Key = arch + "." + rest
		}
		kv = append(kv, e)
	}
	var tensors []gguf.WriteTensor
	r := rand.New(rand.NewPCG(1, 2))
	for i := range f.Tensors {
		o := &f.Tensors[i]
		tensors = append(tensors, gguf.WriteTensor{Name: o.Name, Type: o.Type, Shape: o.Shape, Data: bytesOf(f.Reader(o))})
		prefix, ok := strings.CutSuffix(o.Name, ".weight")
		short := prefix[strings.LastIndexByte(prefix, '.')+1:]
		switch {
		case !ok:
		case arch == "qwen2" && (short == "attn_q" || short == "attn_k" || short == "attn_v"):
			tensors = append(tensors, vector(prefix+".bias", o.Shape[1], 0, r))
		case arch == "qwen3" && (short == "attn_q" || short == "attn_k"):
			tensors = append(tensors, vector(prefix+"_norm.weight", 64, 1, r))
		}
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, kv, tensors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bytesOf writes what a reader has.
func bytesOf(r io.Reader) func(w io.Writer) error {
	return func(w io.Writer) error { _, err := io.Copy(w, r); return err }
}

// vector is a tensor of n numbers around mean.
func vector(name string, n uint64, mean float64, r *rand.Rand) gguf.WriteTensor {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(mean + 0.5*r.NormFloat64())
	}
	return gguf.WriteTensor{Name: name, Type: quant.F32, Shape: []uint64{n}, Data: func(w io.Writer) error { return binary.Write(w, binary.LittleEndian, x) }}
}

// A gpuToken is a token of webgpu.mjs.
type gpuToken struct {
	ID      int          `json:"id"`
	Logprob float64      `json:"logprob"`
	Top     [][2]float64 `json:"top"`
}

// A gpuResult is what a model gives on the CPU and on the GPU.
type gpuResult struct {
	Backend, Reason string
	CPU, GPU        []gpuToken
}

// compare checks that the GPU gave the CPU's text, within logprobBound.
func (r *gpuResult) compare(t *testing.T, name string) {
	t.Helper()
	if len(r.CPU) == 0 || len(r.GPU) != len(r.CPU) {
		t.Errorf("%s: %d tokens, on the CPU %d", name, len(r.GPU), len(r.CPU))
		return
	}
	most := 0.0
	for i, c := range r.CPU {
		if g := r.GPU[i]; g.ID != c.ID {
			t.Errorf("%s: token %d is %d, want %d", name, i, g.ID, c.ID)
			return
		}
		want := map[float64]float64{}
		for _, e := range c.Top {
			want[e[0]] = e[1]
		}
		for _, e := range r.GPU[i].Top {
			if w, ok := want[e[0]]; ok {
				most = max(most, math.Abs(w-e[1]))
			}
		}
	}
	t.Logf("%s: largest difference %.2g, limit %g", name, most, logprobBound)
	if !(most <= logprobBound) {
		t.Errorf("%s: largest difference of a logarithm of a probability %g, want at most %g", name, most, logprobBound)
	}
}

// gpuResults are the results that a page has posted.
func gpuResults(t *testing.T, values map[string]string) map[string]*gpuResult {
	t.Helper()
	all := map[string]*gpuResult{}
	for name, text := range values {
		all[name] = new(gpuResult)
		if err := json.Unmarshal([]byte(text), all[name]); err != nil {
			t.Fatalf("%s: %v: %.2000s", name, err, text)
		}
	}
	return all
}

// On WebGPU, which Chromium has in software, models give the CPU's text, or run on the
// CPU and say why.
func TestWebGPU(t *testing.T) {
	if end, ok := t.Deadline(); ok && time.Until(end) < 5*time.Minute && os.Getenv("CI") == "" {
		t.Skip("a GPU in software takes minutes, and go test -timeout leaves too few on this machine")
	}
	b := newBrowser(t)
	all := webgpuModels(t)
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(all[path.Base(r.URL.Path)]) })
	page := b.site(t, serve, true, "")
	query := url.Values{}
	for name := range all {
		query.Add("model", name)
	}
	b.start(t, page+"/?compared&"+query.Encode(), "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
	for name, r := range gpuResults(t, b.result(t)) {
		refused := strings.HasSuffix(name, "refused")
		if (r.Backend == "cpu") != refused || (r.Reason != "") != refused {
			t.Errorf("%s: backend %q %q", name, r.Backend, r.Reason)
		}
		r.compare(t, name)
	}
	check(t, b.open(t, page+"/?sessions"), map[string]any{
		"backend": "webgpu", "first": " a little girl", "again": " a little girl", "fork": " a little girl", "tokens": 3,
		"restored": true, "continued": true, "embed": "unsupported",
	})
	for name, c := range map[string]struct{ first, backend, reason string }{
		"no WebGPU":     {"delete WorkerNavigator.prototype.gpu;", "cpu", "does not have it"},
		"no adapter":    {"GPU.prototype.requestAdapter = async () => null;", "cpu", "no adapter"},
		"small buffers": {limits(270_000), "webgpu", ""},
		"no buffers":    {limits(100_000), "cpu", "100000 bytes at once"},
		"lost":          {lose, "cpu", "the device is lost"},
	} {
		r := gpuResults(t, b.open(t, b.site(t, serve, true, c.first+"\n")+"/?demo"))["demo"]
		if r == nil || r.Backend != c.backend || !strings.Contains(r.Reason, c.reason) {
			t.Errorf("%s: %+v", name, r)
			continue
		}
		r.compare(t, name)
	}
	b.stop(t)
}

// limits is JavaScript that makes the adapter's buffers small.
func limits(bytes int) string {
	n, _ := json.Marshal(bytes)
	return "Object.defineProperty(GPUAdapter.prototype, 'limits', { get: () => ({ maxBufferSize: " + string(n) + ", maxStorageBufferBindingSize: " + string(n) + " }) });"
}

// lose is JavaScript that loses the device at the third reading of logits.
const lose = `const requestDevice = GPUAdapter.prototype.requestDevice, mapAsync = GPUBuffer.prototype.mapAsync;
let device, reads = 0;
GPUAdapter.prototype.requestDevice = async function (how) { return device = await requestDevice.call(this, how); };
GPUBuffer.prototype.mapAsync = function (...args) { if (++reads === 3) device.destroy(); return mapAsync.apply(this, args); };`
