// Package core has what the faces of the server share: exchanges of a request and its
// answer, models, runs of them, streams, errors and metrics. Package server says how
// they go together.
package core

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/querent-ai/chord"
)

// Limits bound what a request may ask for; see server.Limits.
type Limits struct {
	Body        int64         // bytes of a body
	BodyTime    time.Duration // for reading it
	WriteTime   time.Duration // for a write that the client does not read
	Ping        time.Duration // between comments in a stream without events
	Choices     int           // n
	Stops       int           // stop strings
	LogitBias   int           // entries
	TopLogprobs int
	Inputs      int // prompts or texts in one request
	AtOnce      int // runs of one request at the same time
}

// DefaultLimits are the limits of a server that sets none.
var DefaultLimits = Limits{
	Body: 32 << 20, BodyTime: 60 * time.Second, WriteTime: 60 * time.Second, Ping: 15 * time.Second,
	Choices: 8, Stops: 16, LogitBias: 1024, TopLogprobs: 20, Inputs: 2048, AtOnce: 16,
}

// A Core is what all faces of a server share.
type Core struct {
	Limits  Limits
	Log     *slog.Logger
	Models  *Registry
	Metrics *Metrics
	Version string
	SlotDir string // of files of slots, "": none are saved
	Started time.Time
	tracer  trace.Tracer // nil: none

	mu       sync.Mutex
	running  int
	draining bool
	idle     chan struct{} // closed when draining and nothing runs
	kill     context.Context
	killAll  context.CancelFunc
}

// New returns a Core.
func New(limits Limits, log *slog.Logger, models *Registry) *Core {
	c := &Core{Limits: limits, Log: log, Models: models, Started: time.Now(), idle: make(chan struct{})}
	c.Metrics = newMetrics(c)
	c.kill, c.killAll = context.WithCancel(context.Background())
	return c
}

// Begin counts a request that works, unless the server drains.
func (c *Core) Begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.draining {
		return &Error{Status: http.StatusServiceUnavailable, Type: TypeUnavailable, Code: "draining",
			Message: "the server is shutting down", RetryAfter: 5 * time.Second}
	}
	c.running++
	return nil
}

// End ends a request that Begin counted.
func (c *Core) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running--; c.draining && c.running == 0 {
		close(c.idle)
	}
}

// Draining reports whether new requests are refused.
func (c *Core) Draining() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.draining
}

// Drain refuses new requests and waits for those that run. When ctx is done it ends
// them, waits until they have ended, and returns ctx.Err().
func (c *Core) Drain(ctx context.Context) error {
	c.mu.Lock()
	if !c.draining {
		c.draining = true
		if c.running == 0 {
			close(c.idle)
		}
	}
	c.mu.Unlock()
	select {
	case <-c.idle:
		return nil
	case <-ctx.Done():
		c.killAll()
		<-c.idle
		return ctx.Err()
	}
}

// Running returns how many requests work.
func (c *Core) Running() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running
}

// A Face is one API.
type Face struct {
	Name   string
	Routes []Route
	// Prefix is that of paths whose errors have the face's shape even if there is no
	// such path; "" for none.
	Prefix string
	// Error returns the body of an error.
	Error func(*Error) any
	// Status returns the status of an error; nil: its own.
	Status func(*Error) int
	// ErrorEvent is the name of the event of an error in a stream, "" for none.
	ErrorEvent string
	// Header sets more headers of every answer; nil: none.
	Header func(h http.Header, x *Exchange)
}

// A Handler answers an exchange, or returns an error for the face to print.
type Handler func(x *Exchange) error

// A Route is a path of a face.
type Route struct {
	Method string // "GET", which has HEAD too, "POST" or "DELETE"
	Path   string // a pattern of http.ServeMux without method
	Handle Handler
	// Public routes need no key and are answered while the server drains.
	Public bool
	// NoBody is a POST or DELETE that may have no body and no content type.
	NoBody bool
	// Form is a POST whose body is multipart/form-data, which the handler reads.
	Form bool
	// When, if not nil, is asked whether the route takes a request; else the next
	// route of the path is.
	When func(*http.Request) bool
	// Doc describes the route.
	Doc Doc
}

// A Model is a model that a server can serve; see server.Model.
type Model struct {
	Name     string
	Aliases  []string
	Path     string
	Options  chord.Options
	Loaded   *chord.Model
	Adapters []chord.AdapterScale
	Size     int64
	Modified time.Time
	Digest   string
	Defaults chord.ChatParams
	System   string

	Draft        string
	AdapterFiles []AdapterFile
}

// An AdapterFile is an adapter that is loaded with its model; see server.AdapterFile.
type AdapterFile = struct {
	Path  string
	Scale float32
}

// A Loader finds and opens models; see server.Loader.
type Loader interface {
	Models(ctx context.Context) ([]Model, error)
	Load(ctx context.Context, m Model) (*chord.Model, error)
}

// A Finder is a Loader that knows models by more names than it lists; see server.Finder.
type Finder interface {
	Find(ctx context.Context, name string) (Model, error)
}
