package chord

import (
	"crypto/sha256"
	"runtime/debug"
	"time"

	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/internal/kvdisk"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/internal/sessionfile"
)

const (
	// flushTime is how long Close writes what the disk does not have yet.
	flushTime = 2 * time.Second
	// diskBytes is the default of Options.CacheDiskBytes.
	diskBytes = 8 << 30
)

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

// readFingerprint computes the fingerprint while nothing else reads the file.
func (m *Model) readFingerprint() (p sessionfile.Fingerprint, err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	if p, err = sessionfile.Of(m.file, m.llama.Config().Arch, m.vocab); err == nil {
		m.print = &p
	}
	return p, err
}
