package batch

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/querent-ai/chord/server/internal/wire"
)

// A Runner answers the lines of jobs. Package queue has one that outlives its process;
// [NewMemory] returns another.
type Runner interface {
	// Run answers the lines of a job that have no answer yet, until ctx is done, and tells
	// the counts as they change.
	Run(ctx context.Context, j *Job, progress func(Counts)) (Counts, error)
	// Write writes the answers to a job; see [Job.Write].
	Write(ctx context.Context, j *Job, w io.Writer, failed bool, missing func(*Line) *LineError) (int, error)
	// Forget removes what there is of a job.
	Forget(ctx context.Context, job string) error
	// Close ends the work on all jobs.
	Close()
}

// StoreOptions are the options of [NewStore].
type StoreOptions struct {
	// Open returns what answers lines with h, the handler of a server. It is called when
	// there is work, until it succeeds. nil: [NewMemory].
	Open func(ctx context.Context, h http.Handler) (Runner, error)
	// FileBytes is the maximum size of a file, 0 means 200 MiB; Bytes that of all files,
	// 0 means 8 GiB.
	FileBytes, Bytes int64
}

// Bounds of a store.
const (
	maxFiles   = 10000
	maxBatches = 1000
	maxRunning = 100   // batches that have not ended
	maxLines   = 50000 // of a batch
	maxName    = 255
)

// A Store keeps the files and batches of OpenAI's API in a folder, and works on the
// batches. What it says is what is on disk, so a batch goes on after a restart.
type Store struct {
	dir string
	o   StoreOptions

	mu      sync.Mutex
	handler http.Handler
	runner  Runner
	running map[string]*active // by the ids of batches
	wg      sync.WaitGroup
	ctx     context.Context // done when the store is closed
	end     context.CancelCauseFunc
}

// NewStore returns the store in a folder, which is made when there is something to keep.
func NewStore(dir string, o StoreOptions) *Store {
	o.FileBytes, o.Bytes = cmp.Or(o.FileBytes, 200<<20), cmp.Or(o.Bytes, 8<<30)
	if o.Open == nil {
		o.Open = func(_ context.Context, h http.Handler) (Runner, error) { return NewMemory(h), nil }
	}
	s := &Store{dir: dir, o: o, running: map[string]*active{}}
	s.ctx, s.end = context.WithCancelCause(context.Background())
	return s
}

// Serve answers batches with h from now on, also those of before that have not ended. It
// returns an error if it cannot go on with those.
func (s *Store) Serve(h http.Handler) error {
	s.mu.Lock()
	s.handler = h
	s.mu.Unlock()
	list, err := s.Batches()
	if err != nil {
		return err
	}
	for _, b := range list {
		if !b.Ended() {
			if err := s.start(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// ErrClosed is the error of a store that is closed, ErrNoRunner is wrapped by those of one
// whose lines nobody can answer, such as a second one in a folder.
var (
	ErrClosed   = errors.New("the server is shutting down")
	ErrNoRunner = errors.New("batches cannot be answered")
)

// Close ends the work on batches, which go on when a store serves them again.
func (s *Store) Close() {
	s.end(ErrClosed)
	s.wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runner != nil {
		s.runner.Close()
		s.runner = nil
	}
}

// A File is a file of a store, as OpenAI's API describes it.
type File struct {
	ID      string `json:"id"`
	Object  string `json:"object"` // "file"
	Bytes   int64  `json:"bytes"`
	Created int64  `json:"created_at"`
	Expires *int64 `json:"expires_at"`
	Name    string `json:"filename"`
	Purpose string `json:"purpose"` // "batch", or "batch_output"
	Status  string `json:"status"`  // "processed"
}

// ErrFull is wrapped by errors about a store that takes no more.
var ErrFull = errors.New("the store is full")

// ErrTooLarge is wrapped by errors about a file that is too large.
var ErrTooLarge = errors.New("too large")

// idText is the form of ids, which are names of files.
var idText = regexp.MustCompile(`^(file-|batch_)[0-9a-f]{24}$`)

// newID returns a new id.
func newID(prefix string) string {
	var b [12]byte
	rand.Read(b[:])
	return prefix + hex.EncodeToString(b[:])
}

// path returns the path of what belongs to an id.
func (s *Store) path(id, ending string) string { return filepath.Join(s.dir, id+ending) }

// read reads what is known of an id. The error of one that is not there is fs.ErrNotExist.
func (s *Store) read(id, prefix string, v any) error {
	if !idText.MatchString(id) || !strings.HasPrefix(id, prefix) {
		return fs.ErrNotExist
	}
	b, err := os.ReadFile(s.path(id, ".json"))
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// write keeps what is known of an id, on disk when it returns.
func (s *Store) write(id string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.create(s.path(id, ".json"), func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// create makes a file of what write writes, whole or not at all.
func (s *Store) create(name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.dir, "new-*.tmp")
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// list calls f with the ids of a kind.
func (s *Store) list(prefix string, f func(id string) error) error {
	all, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, d := range all {
		id, ok := strings.CutSuffix(d.Name(), ".json")
		if !ok || !strings.HasPrefix(id, prefix) || !idText.MatchString(id) {
			continue
		}
		if err := f(id); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

// Add keeps a new file of what r has.
func (s *Store) Add(name, purpose string, r io.Reader) (File, error) {
	if len(name) > maxName || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' }) {
		return File{}, wire.Errorf("file", "its name has more than %d bytes, or a control character", maxName)
	}
	all, err := s.Files()
	if err != nil {
		return File{}, err
	}
	room := s.o.Bytes
	for _, f := range all {
		room -= f.Bytes
	}
	if len(all) >= maxFiles || room <= 0 {
		return File{}, fmt.Errorf("%w: %d files, of at most %d and %d bytes", ErrFull, len(all), maxFiles, s.o.Bytes)
	}
	f := File{ID: newID("file-"), Object: "file", Created: time.Now().Unix(), Name: name, Purpose: purpose, Status: "processed"}
	most, from := min(room, s.o.FileBytes), &source{r: r}
	err = s.keep(&f, func(w io.Writer) error {
		n, err := io.Copy(w, io.LimitReader(from, most+1))
		if err == nil && n > most {
			err = fmt.Errorf("file: %w: more than %d bytes", ErrTooLarge, most)
		}
		return err
	})
	if from.err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		err = wire.Errorf("file", "it cannot be read: %v", from.err)
	}
	return f, err
}

// A source is a reader that keeps its error, which is no error of the disk.
type source struct {
	r   io.Reader
	err error
}

// Read reads from the other reader.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// keep writes a file, whose size it sets: first the content, then what is known of it.
func (s *Store) keep(f *File, write func(io.Writer) error) error {
	name := s.path(f.ID, ".jsonl")
	if err := s.create(name, write); err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err == nil {
		f.Bytes = info.Size()
		err = s.write(f.ID, f)
	}
	if err != nil {
		os.Remove(name)
	}
	return err
}

// File returns a file. The error of one that is not there is fs.ErrNotExist.
func (s *Store) File(id string) (f File, err error) {
	if err = s.read(id, "file-", &f); err == nil && f.Expires != nil && *f.Expires <= time.Now().Unix() && !s.inUse(id) {
		s.drop(id)
		return File{}, fs.ErrNotExist
	}
	return f, err
}

// Files returns the files, the newest first.
func (s *Store) Files() (all []File, err error) {
	err = s.list("file-", func(id string) error {
		f, err := s.File(id)
		if err == nil {
			all = append(all, f)
		}
		return err
	})
	slices.SortFunc(all, func(a, b File) int { return cmp.Or(cmp.Compare(b.Created, a.Created), strings.Compare(a.ID, b.ID)) })
	return all, err
}

// Content opens the content of a file.
func (s *Store) Content(id string) (*os.File, File, error) {
	f, err := s.File(id)
	if err != nil {
		return nil, f, err
	}
	r, err := os.Open(s.path(id, ".jsonl"))
	return r, f, err
}

// Expire says when a file goes.
func (s *Store) Expire(id string, at time.Time) (File, error) {
	f, err := s.File(id)
	if err == nil {
		f.Expires = new(at.Unix())
		err = s.write(id, &f)
	}
	return f, err
}

// ErrInUse is the error of a file that a batch reads.
var ErrInUse = errors.New("a batch that has not ended reads the file")

// inUse reports whether a batch that has not ended reads a file.
func (s *Store) inUse(id string) bool {
	list, err := s.Batches()
	return err != nil || slices.ContainsFunc(list, func(b Batch) bool { return b.Input == id && !b.Ended() })
}

// Remove removes a file.
func (s *Store) Remove(id string) error {
	if _, err := s.File(id); err != nil {
		return err
	}
	if s.inUse(id) {
		return ErrInUse
	}
	return s.drop(id)
}

// drop removes a file: what is known of it first, so that a content may be left, and not
// a file without one.
func (s *Store) drop(id string) error {
	return cmp.Or(os.Remove(s.path(id, ".json")), os.Remove(s.path(id, ".jsonl")))
}
