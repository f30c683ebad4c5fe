// Package server serves models over HTTP: [New] makes a [Server], whose Handler can be
// mounted in any Go program, and chord serve is a command around it.
//
// # Map
//
// A face is one API: OpenAI's, Anthropic's, Ollama's, llama-server's. A face translates
// its requests into runs and the deltas of runs into its answers, and does nothing else.
// All of what faces share lies below them:
//
//	server                     Options, routing, the checks before a handler runs, http.Server
//	server/internal/<face>     one package for each API: Face() *core.Face
//	server/internal/core       what faces are made of: exchanges, models, runs, streams, errors, metrics
//	server/internal/openapi    /openapi.json, made of the types that routes decode and print (core.Doc)
//	server/internal/wire       strict JSON: Decode with the name of the wrong field
//
// To add a face: make a package below server/internal that returns a [core.Face], list it
// in faces (faces.go) and give it a row in layers_test.go. To add an endpoint to a face:
// add a [core.Route] to its list, with its Doc: /openapi.json is made of that, and a test
// sends requests that are made from it. Two faces may have the same path: the first route
// whose When accepts the request handles it (Anthropic's /v1/models, told by a header).
//
// # What a handler gets and does
//
// A handler is a func(*core.Exchange) error. When it runs, the request has passed the
// checks of guard.go (Host, Origin, key, method, content type, size), its body has been
// read to the end and is in x.Body, and x.Context() ends when the client leaves or the
// server gives up draining.
//
//	var q request
//	if err := x.Decode(&q); err != nil { return err }     // 400 with param
//	m, err := x.Model(q.Model)                            // loads it, 404; released when the handler returns
//	p, err := core.Sampling(x.Body)                       // top_k, min_p, seed …: the same names in all faces
//	for d, err := range x.Generate(m, []core.Run{…}) {…}  // deltas with the index of their run
//	x.Events(), x.Lines() or x.JSON(v)                    // SSE, NDJSON or one answer
//
// An error that a handler returns is printed in the shape of the face: with its HTTP
// status while nothing has been sent, else as the last event of the stream. core.Classify
// is the one table from errors to status, type, code and param; a face may print another
// word or status for an entry (Face.Status), but adds no entry.
//
// A delta with Total says how much of a long prompt has been read: Events.Progress makes
// a comment of it, and an API that has words for it its own event.
//
// A stream begins with its first event, or with the first ping: until then an error still
// gets its status. The text of a stream is that of the plain answer, byte for byte, since
// both are made of the same deltas.
//
// # A stream outlives its server
//
// The same request, model and seed give the same bits on every CPU. So a client whose
// stream broke sends the same request to any replica, with the header Last-Event-ID: the
// replica generates the text again, sends nothing of what the client has, and goes on.
// Package sse has a client that does so by itself. The id of an event says
//
//	ID-CHECK-EVENTS.RUN.DELTAS…
//
// ID is that of the answer (chatcmpl-ID) and of the request: it has the time at which the
// answer was begun, and the seed is made of it where the request has none. CHECK is a
// hash of the request and the model: status 409, cannot_resume, if either is another
// one. The rest is the position: the deltas of each run, the run of the last one, the
// events since; see core/position.go. A client without ids of events sends its request
// with the member
//
//	"resume": {"id": "chatcmpl-ID", "text": "what it has of the answer"}
//
// where text may be an array, one for each choice, and "reasoning" may be beside it. The
// text of a completion is without its echo. Calls of tools come again as a whole.
//
// Core does all of it: x.Generate sets the seeds and counts, streams leave out events. A
// face must only give the same events for the same deltas, x.ID and x.Created().
//
// # Where things go
//
//	a field of sampling for all faces           core/sampling.go
//	a field of a run (adapters, budgets)        core/run.go: Run.Params is a chord.ChatParams
//	names, loading, keep_alive, ps, stop        core/registry.go
//	an error's status                           core/errors.go
//	a figure for /metrics                       core/metrics.go
//	a check of every request, a limit           guard.go, Limits in core
package server
