package wire

import (
	"encoding/base64"
	"strings"
)

// Picture returns the content of a picture's file, given in base64 as the field param.
func Picture(param, data string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(data)
	switch {
	case err != nil:
		return nil, Errorf(param, "no base64: %v", err)
	case len(b) == 0:
		return nil, Errorf(param, "empty, want a picture in base64")
	}
	return b, nil
}

// PictureURL returns the content of a picture's file, given as a data: URL in the field
// param. Other URLs are refused: nothing is fetched for a client.
func PictureURL(param, url string) ([]byte, error) {
	kind, data, ok := strings.Cut(url, ",")
	if !ok || !strings.HasPrefix(kind, "data:") || !strings.HasSuffix(kind, ";base64") {
		return nil, Errorf(param, "%.20q, want data:image/…;base64,…: nothing is fetched", url)
	}
	return Picture(param, data)
}
