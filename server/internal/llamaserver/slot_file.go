package llamaserver

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// incomplete ends the names of files that are being written.
const incomplete = ".incomplete"

// checkFile returns an error unless a name is one of a file in the folder itself, on any
// system.
func checkFile(c *core.Core, name string) error {
	const param = "filename"
	wrong := func(r rune) bool {
		return r < ' ' || r == utf8.RuneError || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r)
	}
	switch {
	case c.SlotDir == "":
		return &core.Error{Status: http.StatusBadRequest, Type: core.TypeInvalid, Code: "unsupported",
			Message: "the server has no folder for slots: start it with --slot-save-path"}
	case name == "":
		return wire.Errorf(param, "missing")
	case len(name) > 200, strings.ContainsFunc(name, wrong), name[0] == '.', strings.HasSuffix(name, "."), strings.HasSuffix(name, " "), strings.HasSuffix(name, incomplete):
		return wire.Errorf(param, "%.100q, want the name of a file, without a folder", name)
	}
	return nil
}

// A savedAnswer says what was written.
type savedAnswer struct {
	ID      int       `json:"id_slot"`
	File    string    `json:"filename"`
	Saved   int       `json:"n_saved"`
	Written int64     `json:"n_written"`
	Timings savedTime `json:"timings"`
}

type savedTime struct {
	MS float64 `json:"save_ms"`
}

// save writes the text of a slot, with its cache, to a file.
func save(x *core.Exchange, m *core.Lease, sl *slot, name string) error {
	start := time.Now()
	sl.s.mu.Lock()
	ids := append([]int32{}, sl.ids...)
	sl.s.mu.Unlock()
	if len(ids) == 0 {
		return wire.Errorf("id_slot", "slot %d has no text", sl.number)
	}
	s := m.NewSession()
	defer s.Close()
	if err := s.AppendTokens(x.Context(), ids); err != nil {
		return err
	}
	root, err := os.OpenRoot(x.Core.SlotDir)
	if err != nil {
		return err
	}
	defer root.Close()
	n, err := write(root, name, s)
	if err != nil {
		return err
	}
	return x.JSON(savedAnswer{sl.number, name, len(ids), n, savedTime{ms(time.Since(start))}})
}

// write writes a session to a file that has its name only when it is complete.
func write(root *os.Root, name string, s *chord.Session) (n int64, err error) {
	temp := name + "." + rand.Text() + incomplete
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			f.Close()
			root.Remove(temp)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if n, err = s.WriteTo(w); err != nil {
		return n, err
	}
	if err = w.Flush(); err != nil {
		return n, err
	}
	if err = f.Sync(); err != nil {
		return n, err
	}
	if err = f.Close(); err != nil {
		return n, err
	}
	if err = root.Rename(temp, name); err != nil {
		return n, err
	}
	if d, err := root.Open("."); err == nil { // not every system can sync a folder
		_ = d.Sync()
		d.Close()
	}
	return n, nil
}

// A restoredAnswer says what was read.
type restoredAnswer struct {
	ID       int          `json:"id_slot"`
	File     string       `json:"filename"`
	Restored int          `json:"n_restored"`
	Read     int64        `json:"n_read"`
	Timings  restoredTime `json:"timings"`
}

type restoredTime struct {
	MS float64 `json:"restore_ms"`
}

// restore reads a text from a file into a slot, and computes it if the model does not
// keep it: a cache from a file is not checked, so prompts of others must not use it.
func restore(x *core.Exchange, m *core.Lease, sl *slot, name string) error {
	start := time.Now()
	root, err := os.OpenRoot(x.Core.SlotDir)
	if err != nil {
		return err
	}
	defer root.Close()
	if info, err := root.Lstat(name); errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return &core.Error{Status: http.StatusNotFound, Type: core.TypeNotFound, Code: "not_found", Param: "filename", Message: fmt.Sprintf("there is no file %.100q", name)}
	}
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	size := int64(0)
	if info, err := f.Stat(); err == nil {
		size = info.Size()
	}
	s, err := m.ReadSession(x.Context(), bufio.NewReaderSize(f, 1<<20))
	switch {
	case errors.Is(err, chord.ErrFormat):
		return wire.Errorf("filename", "%.100q is damaged, or no file of a slot", name)
	case errors.Is(err, chord.ErrMismatch):
		return wire.Errorf("filename", "%.100q belongs to another model", name)
	case err != nil:
		return err
	}
	ids := append([]int32(nil), s.Tokens()...)
	s.Close()
	if len(ids) > 0 {
		own := m.NewSession()
		err := own.AppendTokens(x.Context(), ids)
		own.Close()
		if err != nil {
			return err
		}
	}
	sl.keep(ids, nil)
	n := len(ids)
	return x.JSON(restoredAnswer{sl.number, name, n, size, restoredTime{ms(time.Since(start))}})
}
