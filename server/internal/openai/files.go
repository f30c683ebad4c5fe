package openai

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/querent-ai/chord/server/batch"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A shelf answers requests about files and batches.
type shelf struct{ store *batch.Store }

// routes returns the routes of files and batches; none without a store.
func (s shelf) routes() []core.Route {
	if s.store == nil {
		return nil
	}
	post, get := http.MethodPost, http.MethodGet
	page := []core.Query{{Name: "after"}, {Name: "limit"}}
	return []core.Route{
		{Method: post, Path: "/v1/files", Handle: s.upload, Form: true, Doc: core.Doc{Summary: "Keep a file of requests for a batch.",
			Form: fileForm{}, Answers: []any{batch.File{}}}},
		{Method: get, Path: "/v1/files", Handle: s.files, Doc: core.Doc{Summary: "The files.", Answers: []any{listOf[batch.File]{}},
			Query: append(page, core.Query{Name: "purpose"}, core.Query{Name: "order", Values: []string{"asc", "desc"}})}},
		{Method: get, Path: "/v1/files/{id}", Handle: s.file, Doc: core.Doc{Summary: "One file.", Answers: []any{batch.File{}}}},
		{Method: get, Path: "/v1/files/{id}/content", Handle: s.content, Doc: core.Doc{Summary: "The content of a file.", Text: "application/octet-stream"}},
		{Method: http.MethodDelete, Path: "/v1/files/{id}", Handle: s.deleteFile, NoBody: true,
			Doc: core.Doc{Summary: "Delete a file.", Answers: []any{deletedAnswer{}}}},
		{Method: post, Path: "/v1/batches", Handle: s.createBatch, Doc: core.Doc{Summary: "Answer the requests of a file.", Body: batchRequest{}, Answers: []any{batch.Batch{}}}},
		{Method: get, Path: "/v1/batches", Handle: s.batches, Doc: core.Doc{Summary: "The batches.", Answers: []any{listOf[batch.Batch]{}}, Query: page}},
		{Method: get, Path: "/v1/batches/{id}", Handle: s.batch, Doc: core.Doc{Summary: "One batch.", Answers: []any{batch.Batch{}}}},
		{Method: post, Path: "/v1/batches/{id}/cancel", Handle: s.cancel, NoBody: true, Doc: core.Doc{Summary: "End a batch, with the answers that there are.", Answers: []any{batch.Batch{}}}},
	}
}

// storeError is the error of a store to a client; what is the name of the thing with id.
func storeError(err error, what, id, param string) error {
	e := &core.Error{Type: core.TypeInvalid, Param: param, Message: err.Error()}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Status, e.Code, e.Message = http.StatusNotFound, "not_found", fmt.Sprintf("there is no %s %.80q", what, id)
	case errors.Is(err, batch.ErrTooLarge):
		e.Status, e.Code = http.StatusRequestEntityTooLarge, "file_too_large"
	case errors.Is(err, batch.ErrFull):
		e.Status, e.Code = http.StatusForbidden, "storage_full"
	case errors.Is(err, batch.ErrInUse):
		e.Status, e.Code = http.StatusBadRequest, "file_in_use"
	case errors.Is(err, batch.ErrElsewhere), errors.Is(err, batch.ErrClosed), errors.Is(err, batch.ErrNoRunner):
		return &core.Error{Status: http.StatusServiceUnavailable, Type: core.TypeUnavailable, Code: "batches_unavailable", Message: err.Error(), Err: err}
	default:
		return err
	}
	return e
}

// A listOf is a page of a list.
type listOf[T any] struct {
	Object  string  `json:"object"`
	Data    []T     `json:"data"`
	First   *string `json:"first_id"`
	Last    *string `json:"last_id"`
	HasMore bool    `json:"has_more"`
}

// page answers with a part of a list: those after one, at most limit.
func page[T any](x *core.Exchange, list []T, limit, most int, id func(*T) string) error {
	q := x.Request.URL.Query()
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > most {
			return wire.Errorf("limit", "%.40q, want 1 to %d", s, most)
		}
		limit = n
	}
	if after := q.Get("after"); after != "" {
		i := slices.IndexFunc(list, func(t T) bool { return id(&t) == after })
		if i < 0 {
			return wire.Errorf("after", "there is no %.80q", after)
		}
		list = list[i+1:]
	}
	out := listOf[T]{Object: "list", Data: append([]T{}, list[:min(limit, len(list))]...), HasMore: len(list) > limit}
	if n := len(out.Data); n > 0 {
		out.First, out.Last = new(id(&out.Data[0])), new(id(&out.Data[n-1]))
	}
	return x.JSON(out)
}

// A fileForm is the form of an upload.
type fileForm struct {
	Purpose string `json:"purpose" api:"required,values=batch"`
	File    string `json:"file" api:"required"`
	Anchor  string `json:"expires_after[anchor]" api:"values=created_at"`
	Seconds string `json:"expires_after[seconds]"`
}

// The bounds of the time for which a file is kept, in seconds.
const leastKept, mostKept = 3600, 2592000

// upload keeps a file.
func (s shelf) upload(x *core.Exchange) error {
	fields := map[string]string{}
	var kept *batch.File
	err := x.Parts(func(p *multipart.Part) error {
		name := p.FormName()
		if name != "file" {
			const longest = 1 << 10
			b, err := io.ReadAll(io.LimitReader(p, longest+1))
			fields[name] = string(b)
			switch {
			case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
				return wire.Errorf(name, "it cannot be read: %v", err)
			case len(b) > longest:
				return wire.Errorf(name, "more than %d bytes", longest)
			}
			return err
		}
		if kept != nil {
			return wire.Errorf("file", "there are two files")
		}
		f, err := s.store.Add(p.FileName(), "batch", p)
		if err == nil {
			kept = &f
		}
		return err
	})
	if err == nil {
		err = checkForm(fields, kept)
	}
	if err == nil && fields["expires_after[seconds]"] != "" {
		err = s.expire(kept, fields["expires_after[seconds]"])
	}
	if err != nil {
		if kept != nil {
			_ = s.store.Remove(kept.ID)
		}
		return storeError(err, "file", "", "file")
	}
	return x.JSON(kept)
}

// checkForm returns an error about the fields of an upload.
func checkForm(fields map[string]string, f *batch.File) error {
	switch {
	case f == nil:
		return wire.Errorf("file", "missing")
	case f.Bytes == 0:
		return wire.Errorf("file", "the file is empty")
	case fields["purpose"] != "batch":
		return wire.Errorf("purpose", "%.40q, want batch: files serve nothing else here", fields["purpose"])
	}
	return nil
}

// expire says how many seconds a file is kept.
func (s shelf) expire(f *batch.File, seconds string) error {
	n, err := strconv.Atoi(seconds)
	if err != nil || n < leastKept || n > mostKept {
		return wire.Errorf("expires_after.seconds", "%.40q, want %d to %d", seconds, leastKept, mostKept)
	}
	*f, err = s.store.Expire(f.ID, time.Unix(f.Created, 0).Add(time.Duration(n)*time.Second))
	return err
}

// files answers with a page of the files.
func (s shelf) files(x *core.Exchange) error {
	all, err := s.store.Files()
	if err != nil {
		return err
	}
	q := x.Request.URL.Query()
	if p := q.Get("purpose"); p != "" {
		all = slices.DeleteFunc(all, func(f batch.File) bool { return f.Purpose != p })
	}
	switch order := q.Get("order"); order {
	case "asc":
		slices.Reverse(all)
	case "", "desc":
	default:
		return wire.Errorf("order", "%.40q, want asc or desc", order)
	}
	return page(x, all, 10000, 10000, func(f *batch.File) string { return f.ID })
}

// file answers with one file.
func (s shelf) file(x *core.Exchange) error {
	id := x.Request.PathValue("id")
	f, err := s.store.File(id)
	if err != nil {
		return storeError(err, "file", id, "id")
	}
	return x.JSON(f)
}

// content answers with the content of a file.
func (s shelf) content(x *core.Exchange) error {
	id := x.Request.PathValue("id")
	r, f, err := s.store.Content(id)
	if err != nil {
		return storeError(err, "file", id, "id")
	}
	defer r.Close()
	x.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", strings.Map(ascii, f.Name)))
	return x.Copy("application/octet-stream", f.Bytes, r)
}

// ascii returns c, or _ for what is no plain character of a file's name.
func ascii(c rune) rune {
	if c <= ' ' || c > '~' || c == '"' || c == '\\' {
		return '_'
	}
	return c
}

// deleteFile deletes a file.
func (s shelf) deleteFile(x *core.Exchange) error {
	id := x.Request.PathValue("id")
	if err := s.store.Remove(id); err != nil {
		return storeError(err, "file", id, "id")
	}
	return x.JSON(deletedAnswer{id, "file", true})
}
