package chord

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"strings"
)

// A Part is a part of a message's content: a text or a picture.
type Part struct {
	Text  string
	Image []byte // the content of a picture's file, such as a PNG; nil: the part is Text
}

// pictured reports whether the message has a picture.
func (m *Message) pictured() bool {
	for _, p := range m.Parts {
		if p.Image != nil {
			return true
		}
	}
	return false
}

// joinParts returns the texts of parts, one a line, with a mark in place of each picture
// and no line of its own for it, as llama.cpp joins them.
func joinParts(parts []Part, mark string) string {
	var b strings.Builder
	afterText := false
	for _, p := range parts {
		switch {
		case p.Image != nil:
			b.WriteString(mark)
		case afterText:
			b.WriteString("\n" + p.Text)
		default:
			b.WriteString(p.Text)
		}
		afterText = p.Image == nil
	}
	return b.String()
}

// contentParts returns the parts of a message's content, a list.
func contentParts(b json.RawMessage) ([]Part, error) {
	var in []struct {
		Type  string
		Text  *string
		Image json.RawMessage `json:"image_url"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, err
	}
	parts := make([]Part, len(in))
	for i, p := range in {
		var err error
		switch {
		case p.Type == "text" && p.Text != nil:
			parts[i].Text = *p.Text
		case p.Type == "image_url":
			parts[i].Image, err = imageURL(p.Image)
		default:
			err = fmt.Errorf("type %q, only text and image_url can be read", p.Type)
		}
		if err != nil {
			return nil, fmt.Errorf("content[%d]: %w", i, err)
		}
	}
	return parts, nil
}

// imageURL returns the picture in an object with a url, or in a text.
func imageURL(b json.RawMessage) ([]byte, error) {
	var object struct{ URL string }
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &object.URL); err != nil {
			return nil, err
		}
	} else if err := json.Unmarshal(b, &object); err != nil {
		return nil, fmt.Errorf("image_url: want an object with a url")
	}
	return parseDataURL(object.URL)
}

// parseDataURL returns the content of a URL such as data:image/png;base64,iVBOR…, the
// form of pictures in OpenAI's API. Other URLs are refused: chord fetches nothing.
func parseDataURL(url string) ([]byte, error) {
	rest, ok := strings.CutPrefix(url, "data:")
	if !ok {
		return nil, fmt.Errorf("image_url: %.20q…, want a data: URL: nothing is fetched", url)
	}
	kind, text, ok := strings.Cut(rest, ",")
	if !ok || !strings.HasSuffix(kind, ";base64") {
		return nil, fmt.Errorf("image_url: want data:image/…;base64,…")
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("image_url: %w", err)
	}
	if len(b) == 0 {
		return nil, fmt.Errorf("image_url: the picture is empty")
	}
	return b, nil
}

// marshalParts returns the list of parts of OpenAI's API.
func marshalParts(parts []Part) (json.RawMessage, error) {
	type url struct {
		URL string `json:"url"`
	}
	type part struct {
		Type string  `json:"type"`
		Text *string `json:"text,omitempty"`
		URL  *url    `json:"image_url,omitempty"`
	}
	out := make([]part, len(parts))
	for i, p := range parts {
		if p.Image == nil {
			out[i] = part{Type: "text", Text: &p.Text}
			continue
		}
		kind := "application/octet-stream"
		if _, format, err := image.DecodeConfig(bytes.NewReader(p.Image)); err == nil {
			kind = "image/" + format
		}
		out[i] = part{Type: "image_url", URL: &url{"data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(p.Image)}}
	}
	return json.Marshal(out)
}
