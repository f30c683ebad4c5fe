package core

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/querent-ai/chord/internal/inside"
	"github.com/querent-ai/chord/server/internal/wire"
)

// Streams are resumed on any replica: a text is the same bits on each, so the replica
// generates it again, sends nothing of what the client has, and goes on. What it has to
// know for that is the request, which the client sends again, and the id of the answer:
// seeds and the date for templates are made of it. The id of an event has that id, a hash
// of request and model, and the position of the event.

// A resumption is what a client has of a stream that was cut off.
type resumption struct {
	check     string        // of request and model, "" if it is not known
	at        *position     // of the last event that the client has; nil: texts say it
	texts     wire.Strings  // of the choices, as far as the client has them
	reasoning wire.Strings  // likewise
	left      []pendingText // of each run, what has not been generated again
	muted     bool          // what is generated now is what the client has
}

// A pendingText is what a client has of a run and the replica has not generated yet.
type pendingText struct{ content, reasoning string }

const (
	idBytes    = 12 // seconds since 1970, and random bytes
	idLen      = 2 * idBytes
	checkBytes = 6
	eventID    = "Last-Event-ID"
	field      = "resume"
)

// NewID returns the id of a request that comes now.
func NewID(random [idBytes - 4]byte) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(time.Now().Unix()))
	return hex.EncodeToString(append(b, random[:]...))
}

// timeOf returns the time that an id has, and whether it is an id.
func timeOf(id string) (time.Time, bool) {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) != idBytes || id != strings.ToLower(id) {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint32(b)), 0).UTC(), true
}

// Created returns when the answer was begun, for a resumed one by the first server.
func (x *Exchange) Created() time.Time {
	if f := FixedOf(x.Request.Context()); f != nil {
		return f.Time
	}
	if t, ok := timeOf(x.ID); ok {
		return t
	}
	return time.Now().UTC()
}

// seed returns the seed of run i of requests without one, not 0.
func (x *Exchange) seed(i int) int64 {
	sum := sha256.Sum256([]byte("chord seed " + x.ID))
	return 1 + int64(binary.BigEndian.Uint64(sum[:])>>12) + int64(i)
}

// Resume reads what the client has of the answer, if the request says so.
func (x *Exchange) Resume() error {
	last := x.Request.Header.Get(eventID)
	var q struct {
		Resume *struct {
			ID        string       `json:"id"`
			Text      wire.Strings `json:"text"`
			Reasoning wire.Strings `json:"reasoning"`
		} `json:"resume"`
	}
	if bytes.Contains(x.Body, []byte(`"`+field+`"`)) {
		if err := x.Decode(&q); err != nil {
			return err
		}
	}
	r := &resumption{}
	switch {
	case last == "" && q.Resume == nil:
		return nil
	case q.Resume != nil:
		id := q.Resume.ID[strings.LastIndexAny(q.Resume.ID, "-_")+1:] // of chatcmpl-ID
		if _, ok := timeOf(id); !ok {
			return wire.Errorf(field+".id", "%.60q, want the id of the answer", q.Resume.ID)
		}
		r.texts, r.reasoning = q.Resume.Text, q.Resume.Reasoning
		if last != "" {
			return wire.Errorf(field, "a request has this field or the header %s, not both", eventID)
		}
		x.ID = id
	default:
		if err := r.parse(x, last); err != nil {
			return err
		}
	}
	x.resumed = r
	x.Header().Set("X-Request-Id", x.ID)
	x.Core.Metrics.resumed()
	return nil
}

// parse reads the id of an event.
func (r *resumption) parse(x *Exchange, last string) error {
	parts := strings.Split(last, "-")
	if _, ok := timeOf(parts[0]); !ok || len(parts) != 3 || len(parts[1]) != 2*checkBytes {
		return wire.Errorf(eventID, "%.80q is no id of an event that a stream can be resumed after", last)
	}
	at, err := parsePosition(parts[2])
	if err != nil {
		return wire.Errorf(eventID, "the position %.80q: %v", parts[2], err)
	}
	x.ID, r.check, r.at = parts[0], parts[1], &at
	return nil
}

// cannotResume is the error of a stream that this server does not go on with.
func cannotResume(format string, args ...any) error {
	return &Error{Status: http.StatusConflict, Type: TypeInvalid, Code: "cannot_resume", Message: "the stream cannot be resumed: " + fmt.Sprintf(format, args...)}
}

// verify returns an error unless the resumed stream is of this request and model.
func (x *Exchange) verify(m *Lease) error {
	if x.resumed == nil || x.resumed.check == "" {
		return nil
	}
	check, err := x.check(m)
	if err == nil && check != x.resumed.check {
		return cannotResume("the request, the model, its context or the version of chord is another one")
	}
	return err
}

// check returns the hash of all that a text depends on: the body of the request, the
// model with its defaults, the version.
func (x *Exchange) check(m *Lease) (string, error) {
	print, err := inside.Fingerprint(x.ctx, m.Model)
	if err != nil {
		return "", err
	}
	var members map[string]wire.Raw
	if err := x.Decode(&members); err != nil {
		return "", err
	}
	delete(members, field)
	defaults, err := m.Entry.defaultsHash()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s", x.Core.Version, print, x.Request.URL.Path, defaults)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		fmt.Fprintf(h, "%q %d\n%s\n", name, len(members[name]), members[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:checkBytes]), nil
}

// beginRuns begins to count the deltas of n runs.
func (x *Exchange) beginRuns(n int) error {
	x.placing.Lock()
	defer x.placing.Unlock()
	x.counted = x.at.counts == nil && n <= mostCounted
	x.at = position{counts: make([]int, n)}
	r := x.resumed
	switch {
	case r == nil:
	case r.at != nil && r.at.counts != nil && len(r.at.counts) != n:
		return wire.Errorf(eventID, "it is of %d texts, the request of %d", len(r.at.counts), n)
	case r.at == nil && max(len(r.texts), len(r.reasoning)) > n:
		return wire.Errorf(field+".text", "%d texts, the request has %d", max(len(r.texts), len(r.reasoning)), n)
	case r.at == nil:
		r.left = make([]pendingText, n)
		for i := range r.texts {
			r.left[i].content = r.texts[i]
		}
		for i := range r.reasoning {
			r.left[i].reasoning = r.reasoning[i]
		}
	}
	return nil
}

// allRan says that all runs have ended.
func (x *Exchange) allRan() {
	x.placing.Lock()
	defer x.placing.Unlock()
	x.at.end()
}

// deliver yields a delta, and mutes the events that the client has.
func (x *Exchange) deliver(d Delta, err error, yield func(Delta, error) bool) bool {
	if d.Total > 0 { // progress, which comes as it likes
		return yield(d, err)
	}
	x.placing.Lock()
	x.at.next(d.Index)
	x.placing.Unlock()
	r := x.resumed
	if r == nil || r.at != nil || err != nil {
		return yield(d, err)
	}
	have, rest, err := r.left[d.Index].cut(d)
	if err != nil {
		return yield(Delta{Index: d.Index, Result: d.Result}, err)
	}
	if have != nil {
		r.muted = true
		ok := yield(*have, nil)
		r.muted = false
		if !ok {
			return false
		}
	}
	return rest == nil || yield(*rest, nil)
}

// cut cuts a delta into the part that the client has and the rest, nil for none.
func (p *pendingText) cut(d Delta) (have, rest *Delta, err error) {
	text, left := d.Content, &p.content
	if d.Reasoning != "" {
		text, left = d.Reasoning, &p.reasoning
	}
	n := min(len(text), len(*left))
	switch {
	case p.content == "" && p.reasoning == "":
		return nil, &d, nil
	case d.Result != nil:
		return nil, nil, cannotResume("the answer is shorter than what the request has of it")
	case text[:n] != (*left)[:n] || d.Content != "" && p.reasoning != "":
		return nil, nil, cannotResume("the answer does not begin with what the request has of it")
	case n == len(text) || d.Reasoning != "" && n == 0: // reasoning before the text that the client has
		*left = (*left)[n:]
		return &d, nil, nil
	}
	*left = ""
	had, more := d, d
	more.Token = nil // it comes with the first part
	if d.Reasoning != "" {
		had.Reasoning, more.Reasoning = d.Reasoning[:n], d.Reasoning[n:]
	} else {
		had.Content, more.Content = d.Content[:n], d.Content[n:]
	}
	return &had, &more, nil
}

// reached returns an error if a resumed stream has ended before the position from which
// it was to go on.
func (x *Exchange) reached() error {
	x.placing.Lock()
	defer x.placing.Unlock()
	if r := x.resumed; r != nil && r.at != nil && x.at.within(r.at) && x.at.String() != r.at.String() {
		return cannotResume("it ends before the event of the header %s", eventID)
	}
	return nil
}

// place counts the event that comes now, event n of this server. It returns its id and
// whether the client has it.
func (x *Exchange) place(n int) (id string, muted bool) {
	x.placing.Lock()
	defer x.placing.Unlock()
	x.at.events++
	switch r := x.resumed; {
	case r == nil:
	case r.at != nil:
		muted = x.at.within(r.at)
	case x.at.counts == nil: // before the first text
		muted = len(r.texts)+len(r.reasoning) > 0
	default:
		muted = r.muted
	}
	if muted {
		return "", true
	}
	if x.checked == "" && len(x.leases) > 0 {
		if check, err := x.check(x.leases[len(x.leases)-1]); err == nil {
			x.checked = check
		}
	}
	if x.checked == "" || x.at.counts != nil && !x.counted {
		return strconv.Itoa(n), false // the stream cannot be resumed
	}
	return x.ID + "-" + x.checked + "-" + x.at.String(), false
}
