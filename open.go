package chord

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/constrain"
	"github.com/querent-ai/chord/internal/embed"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/generate"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/internal/kvdisk"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/llama"
)

// Options are the options of [Open]. The zero value is a good default.
type Options struct {
	// Context is the maximum number of tokens of a text, prompt and answer
	// together. 0 means the context the model was trained for, or as much of it
	// as fits in CacheBytes. More than the model was trained for is possible,
	// but gives poor text.
	Context int `json:"context,omitempty"`
	// Threads is the number of threads that compute. 0 means the cores that this
	// process may use.
	Threads int `json:"threads,omitempty"`
	// CacheTypeK is the type of the keys in the key/value cache: "f16"; "q8_0",
	// which takes about half the memory and needs a head size that is a multiple
	// of 32; "q4_0", which takes about a quarter of the memory if the head size is
	// a multiple of 32; or "f32", which takes twice the memory. "" means "f16".
	CacheTypeK string `json:"cache_type_k,omitempty"`
	// CacheTypeV is the type of the values, likewise.
	CacheTypeV string `json:"cache_type_v,omitempty"`
	// CacheBytes is the maximum memory of the caches of all texts together,
	// including those kept for prompts with the same prefix. 0 means a quarter of
	// the memory available after loading the weights, or what one text of Context
	// tokens needs if that is more.
	CacheBytes int64 `json:"cache_bytes,omitempty"`
	// NoPrefixCache drops the cache of a text when the text is finished.
	NoPrefixCache bool `json:"no_prefix_cache,omitempty"`
	// CacheDir is a folder in which the caches of prompts are kept, also those for
	// which there is no memory any more, so that they survive Close and the end of
	// the process. Chords may share it, also with different models. It is made if
	// it is not there. Texts are continued from what is in it: nobody else may be
	// able to write there. "" means none.
	CacheDir string `json:"cache_dir,omitempty"`
	// CacheDiskBytes is the maximum size of all files in CacheDir. 0 means 8 GiB.
	CacheDiskBytes int64 `json:"cache_disk_bytes,omitempty"`
	// MaxQueue is how many prompts may wait; one more gives [ErrBusy]. 0 means
	// 256.
	MaxQueue int `json:"max_queue,omitempty"`
	// StepTime is the target time of a forward pass while several calls wait. 0
	// means 40 ms. Shorter steps mean shorter gaps between the tokens of a text
	// while long prompts of others are computed.
	StepTime time.Duration `json:"step_time,omitempty"`
	// ChatTemplate replaces the template of the file: the name of a built-in one
	// (see [BuiltinTemplates]), or Jinja source. "" means the file's.
	ChatTemplate string `json:"chat_template,omitempty"`
	// NoRepack uses the weights of the mapped file as they are: opening takes no
	// time and processes share the memory, but tokens take longer. A model that
	// is too large for the available memory is used so in part anyway.
	NoRepack bool `json:"no_repack,omitempty"`
	// MMProj is the path of a multimodal projector, a GGUF file with the vision tower
	// that belongs to the model: with it the model reads pictures, see [Message.Parts].
	// PNG, JPEG and GIF can be read, and what else the program has registered with
	// package image, as an import of golang.org/x/image/webp does. "" means none.
	MMProj string `json:"mmproj,omitempty"`
	// OverrideKV replaces or adds keys of the file: KEY=TYPE:VALUE with TYPE int,
	// float, bool or str, as in "tokenizer.ggml.pre=str:llama-bpe".
	OverrideKV []string `json:"override_kv,omitempty"`
	// Draft is a smaller model with the same vocabulary for speculative decoding:
	// it drafts tokens, and every text is the same as without it. It may serve
	// several models, which do not close it. [ErrMismatch] says how vocabularies
	// differ. Of a model with recurrent layers the state is copied before a draft,
	// which counts when its length is chosen. See Params.DraftMax.
	Draft *Model `json:"-"`
	// NoSharedLookup makes Params.Lookup draft from a request's own text only. Else
	// texts of other requests speed it up if they have the same n-grams: never what
	// it says, but how fast it is may tell what others have generated.
	NoSharedLookup bool `json:"no_shared_lookup,omitempty"`
	// OnLoad, if not nil, is called by Open while it loads the weights, with their
	// bytes that are done and all of them.
	OnLoad func(done, total int64) `json:"-"`
	// OnStep, if not nil, is called after steps by its own goroutine: a slow one
	// misses steps and delays nothing.
	OnStep func(Step) `json:"-"`

	device llama.Device // nil: the CPU; see inside.Device
}

// MaxThreads bounds Options.Threads.
const MaxThreads = 1 << 12

// llama returns the options of package llama, or an error that names a field.
func (o Options) llama() (llama.Options, error) {
	l := llama.Options{Context: o.Context, Threads: o.Threads, NoRepack: o.NoRepack, Progress: o.OnLoad, Device: o.device}
	switch {
	case o.Context < 0:
		return l, invalid("Options.Context", "%d, want 0 (the model's) or more", o.Context)
	case o.Threads < 0 || o.Threads > MaxThreads:
		return l, invalid("Options.Threads", "%d, want 0 (all cores) to %d", o.Threads, MaxThreads)
	case o.CacheBytes < 0:
		return l, invalid("Options.CacheBytes", "%d, want 0 (a share of the memory) or more", o.CacheBytes)
	case o.CacheDiskBytes < 0:
		return l, invalid("Options.CacheDiskBytes", "%d, want 0 (8 GiB) or more", o.CacheDiskBytes)
	case o.MaxQueue < 0:
		return l, invalid("Options.MaxQueue", "%d, want 0 (256) or more", o.MaxQueue)
	case o.StepTime < 0:
		return l, invalid("Options.StepTime", "%v, want 0 (40ms) or more", o.StepTime)
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

// override applies o.OverrideKV to f.
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

// available returns the bytes of available memory, or 0 if that is not known.
func available() int64 {
	n, _ := mmap.Available()
	return n
}

// Defaults of Options.CacheBytes.
const (
	cacheShare = 4         // the available memory is divided by it
	cacheBytes = 2 << 30   // if the available memory is not known
	leastBytes = 256 << 20 // the minimum
)

// diskBytes is the default of Options.CacheDiskBytes.
const diskBytes = 8 << 30

// cacheBudget returns the bytes of all caches and the maximum tokens of a text, at
// most context, that fit in them.
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

// Open opens the model in the GGUF file at path; for a split file, path is any of
// its parts.
//
// An error names the file and the key or tensor. It wraps [ErrFormat] if the file is
// malformed, [ErrUnsupported] if the file needs something that chord cannot do, and
// is a [*ParamError] if an option is invalid.
func Open(path string, o Options) (*Model, error) {
	start := time.Now()
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	return newModel(f, filepath.Base(path), o, start)
}

// OpenFS opens the GGUF file called name of fsys, as Open does.
func OpenFS(fsys fs.FS, name string, o Options) (*Model, error) {
	start := time.Now()
	f, err := gguf.OpenFS(fsys, name)
	if err != nil {
		return nil, err
	}
	return newModel(f, path.Base(name), o, start)
}

// OpenReaderAt opens the GGUF file in the first size bytes of r. The caller closes
// r, after the Model.
func OpenReaderAt(r io.ReaderAt, size int64, o Options) (*Model, error) {
	start := time.Now()
	f, err := gguf.OpenReaderAt(r, size)
	if err != nil {
		return nil, err
	}
	return newModel(f, "", o, start)
}

// OpenTokenizer opens the tokenizer of the GGUF file at path, which needs no
// tensors. The file is closed when it returns. Of o only OverrideKV is used.
func OpenTokenizer(path string, o Options) (*bpe.Tokenizer, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := o.override(f); err != nil {
		return nil, err
	}
	t, err := bpe.FromGGUF(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return t, nil
}

// newModel loads the model in f, which it closes if that fails.
func newModel(f *gguf.File, name string, o Options, start time.Time) (*Model, error) {
	m := &Model{file: f}
	if err := m.read(&o); err != nil {
		err = errors.Join(err, f.Close())
		if name != "" {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return nil, err
	}
	m.describe(name, time.Since(start))
	m.info.Chat = m.info.Chat || o.ChatTemplate != ""
	return m, nil
}

// read loads the model from m.file; cheap checks come first.
func (m *Model) read(o *Options) error {
	lo, err := o.llama()
	if err != nil {
		return err
	}
	m.cacheTypeK, m.cacheTypeV = cmp.Or(o.CacheTypeK, "f16"), cmp.Or(o.CacheTypeV, "f16")
	if err := o.override(m.file); err != nil {
		return err
	}
	if err := checkKind(m.file); err != nil {
		return err
	}
	tok, err := bpe.FromGGUF(m.file)
	if err != nil {
		return err
	}
	m.vocab = tok.Len()
	m.vocabulary.Store(constrain.NewVocabulary(tok))
	if m.chat, m.chatErr = chatTemplateOf(m.file, o.ChatTemplate, tok); m.chatErr != nil && o.ChatTemplate != "" {
		return invalid("Options.ChatTemplate", "%v", m.chatErr)
	}
	if m.rerank, _, err = m.file.Str("tokenizer.chat_template.rerank"); err != nil {
		return fmt.Errorf("chord: %w", err)
	}
	if o.Draft != nil {
		if err := checkDraft(tok, o.Draft); err != nil {
			return err
		}
		m.texts.Draft = &o.Draft.texts
	}
	if m.llama, err = llama.Load(m.file, lo); err != nil {
		return err
	}
	if err := m.openSight(o, tok); err != nil {
		return errors.Join(err, m.llama.Close())
	}
	if err := m.start(o); err != nil {
		return errors.Join(err, m.closeSight())
	}
	return nil
}

// checkKind refuses files whose keys say that they hold something else than a
// model.
func checkKind(f *gguf.File) error {
	kind, _, err := f.Str("general.type")
	if err != nil {
		return err
	}
	arch, _, err := f.Str("general.architecture")
	switch {
	case err != nil:
		return err
	case kind == "adapter":
		return fmt.Errorf("chord: the file is a LoRA adapter, not a model: it changes the weights of one: %w", ErrUnsupported)
	case kind == "mmproj" || arch == "clip":
		return fmt.Errorf("chord: the file is a multimodal projector (mmproj, clip), not a model: it goes beside one: %w", ErrUnsupported)
	case kind == "imatrix" || arch == "imatrix":
		return fmt.Errorf("chord: the file is an importance matrix, not a model: %w", ErrUnsupported)
	}
	return nil
}

// checkDraft returns an error if draft cannot draft for a model with tokenizer tok.
func checkDraft(tok *bpe.Tokenizer, draft *Model) error {
	v, err := draft.tokens()
	if err != nil {
		return fmt.Errorf("Options.Draft: %w", err)
	}
	if draft.embedder {
		return fmt.Errorf("chord: Options.Draft: %s gives vectors, no text: %w", draft.info.Arch, ErrUnsupported)
	}
	if why := generate.DraftDiffers(tok, v.Tokenizer); why != "" {
		return fmt.Errorf("chord: Options.Draft: %s: %w", why, ErrMismatch)
	}
	return nil
}

// start creates the caches and the engine of a loaded model.
func (m *Model) start(o *Options) error {
	c := m.llama.Config()
	m.embedder = c.Embedder()
	budget, context, err := cacheBudget(m.llama.CacheConfig(), m.llama.Context(), o, available())
	if err != nil {
		return errors.Join(err, m.llama.Close())
	}
	m.llama.SetContext(context)
	if err := m.openCache(budget, o); err != nil {
		return errors.Join(err, m.llama.Close())
	}
	eo := engine.Options{StepTime: o.StepTime, MaxQueue: o.MaxQueue, Vocab: c.Vocab, Whole: m.embedder, Passed: m.texts.Passes.Passed, Disk: m.disk}
	if f := o.OnStep; f != nil {
		eo.OnStep = func(s engine.Step) { f(Step(s)) }
	}
	m.engine = engine.New(m.llama, m.cache, eo)
	m.texts.Engine, m.texts.Context, m.texts.LongFrom = m.engine, context, m.llama.LongFrom()
	m.texts.Recurrent = m.llama.Recurrent()
	m.texts.NoPrefix, m.texts.NoSharedLookup = o.NoPrefixCache, o.NoSharedLookup
	m.vectors = embed.Model{Engine: m.engine, Llama: m.llama, NoPrefix: o.NoPrefixCache}
	return nil
}

// openCache creates the caches, with a store on disk if o asks for one.
func (m *Model) openCache(budget int64, o *Options) error {
	c := m.llama.CacheConfig()
	c.Budget = budget
	if o.CacheDir == "" || o.NoPrefixCache || c.NoPrefix {
		m.cache = kvcache.New(c)
		return nil
	}
	print, err := m.readFingerprint()
	if err != nil {
		return err
	}
	d := kvdisk.Options{Dir: o.CacheDir, Bytes: o.CacheDiskBytes, Clear: m.llama.ClearCache}
	if d.Bytes == 0 {
		d.Bytes = diskBytes
	}
	if m.disk, err = kvdisk.Open(d); err != nil {
		return invalid("Options.CacheDir", "%v", err)
	}
	id := m.llama.CacheID()
	c.Ready = m.disk.Ready
	c.Root = func(salt string) (kvcache.Key, bool) {
		b := append(append(print[:len(print):len(print)], id[:]...), salt...)
		return sha256.Sum256(b), engine.Stable(salt)
	}
	m.cache = kvcache.New(c)
	m.disk.Start(m.cache)
	return nil
}
