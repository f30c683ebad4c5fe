package chord

import (
	"fmt"
	"time"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/llama"
)

// Options say how a model is opened. The zero value is a good choice.
type Options struct {
	// Context is the most tokens of a prompt and what is generated from it.
	// 0 means what the model was trained for, or as much of it as CacheBytes
	// has room for; more is possible, not sensible.
	Context int `json:"context,omitempty"`
	// Threads compute. 0 means the cores that this process may really use.
	Threads int `json:"threads,omitempty"`
	// CacheTypeK is the type of the keys in the key/value cache: "f16"; "q8_0",
	// which takes about half the memory and wants heads of a multiple of 32
	// elements; or "f32", which takes twice the memory. "" means "f16".
	CacheTypeK string `json:"cache_type_k,omitempty"`
	// CacheTypeV is the type of the values there, likewise.
	CacheTypeV string `json:"cache_type_v,omitempty"`
	// CacheBytes is the most memory for the caches of all texts together, those
	// kept for prompts that begin alike among them. 0 means a quarter of the
	// memory that is available once the weights are loaded, or what one text of
	// Context tokens needs if that is more.
	CacheBytes int64 `json:"cache_bytes,omitempty"`
	// NoPrefixCache keeps nothing of a text once it is done with.
	NoPrefixCache bool `json:"no_prefix_cache,omitempty"`
	// MaxQueue is how many prompts may wait for their turn; one more is
	// [ErrBusy]. 0 means 256.
	MaxQueue int `json:"max_queue,omitempty"`
	// StepTime is how long the model computes at a time, for all that are
	// waiting together, before it looks who is waiting now. 0 means 40 ms.
	// Shorter steps mean shorter gaps between the tokens of one text while
	// another's long prompt is read.
	StepTime time.Duration `json:"step_time,omitempty"`
	// ChatTemplate is used instead of the file's: the name of a built-in one
	// (see [BuiltinTemplates]), or Jinja. "" means the file's.
	ChatTemplate string `json:"chat_template,omitempty"`
	// NoRepack computes from the mapped file as it lies: opening takes no time
	// and memory is shared with other processes, while tokens take longer. A
	// model too large for the memory available is opened so, in part, anyway.
	NoRepack bool `json:"no_repack,omitempty"`
	// OverrideKV are keys of the file that have another value, or are added:
	// KEY=TYPE:VALUE with TYPE int, float, bool or str, as in
	// "tokenizer.ggml.pre=str:llama-bpe".
	OverrideKV []string `json:"override_kv,omitempty"`
	// Draft guesses tokens that the model then checks. Not done yet:
	// [ErrUnsupported].
	Draft *Model `json:"-"`
	// OnStep, if not nil, is told of steps. It is called by a goroutine of its
	// own: a slow one misses steps and delays nothing.
	OnStep func(Step) `json:"-"`
}

// MaxThreads bounds Options.Threads.
const MaxThreads = 1 << 12

// llama returns o as the model's own options, or an error that names a field.
func (o Options) llama() (llama.Options, error) {
	l := llama.Options{Context: o.Context, Threads: o.Threads, NoRepack: o.NoRepack}
	switch {
	case o.Context < 0:
		return l, invalid("Options.Context", "%d, want 0 (the model's) or more", o.Context)
	case o.Threads < 0 || o.Threads > MaxThreads:
		return l, invalid("Options.Threads", "%d, want 0 (all cores) to %d", o.Threads, MaxThreads)
	case o.CacheBytes < 0:
		return l, invalid("Options.CacheBytes", "%d, want 0 (a share of the memory) or more", o.CacheBytes)
	case o.MaxQueue < 0:
		return l, invalid("Options.MaxQueue", "%d, want 0 (256) or more", o.MaxQueue)
	case o.StepTime < 0:
		return l, invalid("Options.StepTime", "%v, want 0 (40ms) or more", o.StepTime)
	case o.Draft != nil:
		return l, unsupported("Options.Draft")
	}
	var err error
	if l.CacheTypeK, err = llama.ParseKVType(o.CacheTypeK); err != nil {
		return l, invalid("Options.CacheTypeK", "%v", err)
	}
	if l.CacheTypeV, err = llama.ParseKVType(o.CacheTypeV); err != nil {
		return l, invalid("Options.CacheTypeV", "%v", err)
	}
	return l, nil
}

// override sets the keys of f that o overrides.
func (o Options) override(f *gguf.File) error {
	for i, s := range o.OverrideKV {
		kv, err := gguf.ParseKV(s)
		if err == nil {
			err = f.Override(kv)
		}
		if err != nil {
			return invalid(fmt.Sprintf("Options.OverrideKV[%d]", i), "%v", err)
		}
	}
	return nil
}

// available returns how many bytes of memory can still be filled, 0 if the
// system does not say.
func available() int64 {
	n, _ := mmap.Available()
	return n
}

// Defaults of Options.CacheBytes.
const (
	cacheShare = 4         // of the memory available, one part in
	cacheBytes = 2 << 30   // where the system does not say how much there is
	leastBytes = 256 << 20 // whatever there is
)

// cacheBudget returns the bytes of all caches and the tokens of a text for which
// they have room, of the model's own that are wanted.
func cacheBudget(c kvcache.Config, context int, o *Options, available int64) (bytes int64, tokens int, err error) {
	bytes = o.CacheBytes
	if bytes == 0 {
		switch {
		case available > 0:
			bytes = max(available/cacheShare, leastBytes)
		default:
			bytes = cacheBytes
		}
		if need := c.Bytes(context); o.Context > 0 && need > bytes {
			if available > 0 && need > available {
				return 0, 0, invalid("Options.Context", "%d tokens need %d bytes of cache, %d are available", context, need, available)
			}
			bytes = need
		}
	}
	if c.Bytes(context) <= bytes {
		return bytes, context, nil
	}
	most := c.Room(bytes, context)
	if o.Context > 0 || most == 0 {
		return 0, 0, invalid("Options.CacheBytes", "%d bytes, %d tokens need %d: there is room for %d", bytes, context, c.Bytes(context), most)
	}
	return bytes, most, nil
}
