package convert

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/querent-ai/chord/gguf"
)

// version matches the words of a name that stay in lower case.
var version = regexp.MustCompile(`^(v\d+(?:\.\d+)*|\d.*)$`)

// title returns the name of a model from that of its folder: words with capitals.
func title(s string) string {
	words := strings.Fields(strings.ReplaceAll(s, "-", " "))
	for i, w := range words {
		if w == strings.ToLower(w) && !version.MatchString(w) {
			r := []rune(w)
			r[0] = unicode.ToUpper(r[0])
			words[i] = string(r)
		}
	}
	return strings.Join(words, " ")
}

// sampling are the keys that generation_config.json gives.
var sampling = []struct{ key, from string }{
	{"top_k", "top_k"}, {"top_p", "top_p"}, {"min_p", "min_p"}, {"temp", "temperature"}, {"penalty_repeat", "penalty_repeat"},
}

// folderKeys returns the keys from a folder's other files: the default sampling,
// and the pooling of an embedder.
func (r *reading) folderKeys() ([]gguf.KV, error) {
	g, err := readConfig(r.dir, "generation_config.json")
	if err != nil {
		return nil, err
	}
	var out []gguf.KV
	for _, s := range sampling {
		key := "general.sampling." + s.key
		if s.key == "top_k" {
			if n, ok := g.count(s.from); ok {
				out = append(out, gguf.KV{Key: key, Value: int32(min(n, math.MaxInt32))})
			}
		} else if x, ok := g.real(s.from); ok {
			out = append(out, gguf.KV{Key: key, Value: float32(x)})
		}
	}
	if g.err != nil {
		return nil, g.err
	}
	if !r.f.pools || classifies(r.c) {
		return out, nil
	}
	modules, err := r.modules()
	if err != nil {
		return nil, err
	}
	kind, err := r.pooling(modules)
	if err == nil && kind > 0 {
		out = append(out, gguf.KV{Key: r.f.arch + ".pooling_type", Value: uint32(kind)})
	}
	if err != nil || !r.f.encoder {
		return out, err
	}
	dense, err := r.denseKeys(modules)
	return append(out, dense...), err
}

// A module is an entry of sentence-transformers' modules.json.
type module struct{ Type, Path string }

// modules returns the poolings and linears of modules.json.
func (r *reading) modules() (modules []module, err error) {
	if _, err := readJSON(r.dir, "modules.json", &modules); err != nil {
		return nil, err
	}
	modules = slices.DeleteFunc(modules, func(m module) bool {
		return !strings.HasSuffix(m.Type, "Pooling") && !strings.HasSuffix(m.Type, "Dense")
	})
	for _, m := range modules {
		if name := m.Path + "/config.json"; !filepath.IsLocal(name) {
			return nil, fmt.Errorf("convert: modules.json: path %.80q is not in the folder", m.Path)
		}
	}
	return modules, nil
}

// poolings are the modes of sentence-transformers and GGUF's numbers of them.
var poolings = []struct {
	flag, mode string
	kind       int
}{
	{"pooling_mode_mean_tokens", "mean", 1},
	{"pooling_mode_cls_token", "cls", 2},
	{"pooling_mode_lasttoken", "lasttoken", 3},
}

// pooling returns the number of what modules say, 0 if that is nothing.
func (r *reading) pooling(modules []module) (int, error) {
	for _, m := range modules {
		if !strings.HasSuffix(m.Type, "Pooling") {
			continue
		}
		c, err := readConfig(r.dir, m.Path+"/config.json")
		if err != nil {
			return 0, err
		}
		for _, p := range poolings {
			if c.flag(p.flag) || c.str("pooling_mode") == p.mode {
				return p.kind, nil
			}
		}
		return 0, fmt.Errorf("convert: %s/config.json: the pooling is none of mean, cls and last token", m.Path)
	}
	return 0, nil
}

// sizeLabel returns a model's number of parameters in short: 1.1B, or 8x7B with
// experts.
func (m *Model) sizeLabel(keys []gguf.KV) string {
	n := 0
	for _, kv := range keys {
		if x, ok := kv.Value.(uint32); ok && strings.HasSuffix(kv.Key, ".expert_count") {
			n = int(x)
		}
	}
	total, label := 0.0, ""
	for _, t := range m.tensors {
		params := 1.0
		for _, d := range t.shape {
			params *= float64(d)
		}
		if n > 0 && strings.HasSuffix(t.name, "_exps.weight") {
			params /= float64(n)
		}
		total += params
	}
	if total == 0 {
		return ""
	}
	if n > 0 {
		label = strconv.Itoa(n) + "x"
	}
	return label + rounded(total)
}

// rounded returns a number of parameters with two digits at least.
func rounded(n float64) string {
	unit := "K"
	switch {
	case n > 1e12:
		n, unit = n/1e12, "T"
	case n > 1e9:
		n, unit = n/1e9, "B"
	case n > 1e6:
		n, unit = n/1e6, "M"
	default:
		n /= 1e3
	}
	digits := len(strings.TrimLeft(strconv.Itoa(int(math.RoundToEven(n))), "0"))
	return strconv.FormatFloat(n, 'f', max(2-digits, 0), 64) + unit
}
