//go:build !js

package vision

// In a browser nobody opens an mmproj file, and what a page fetches stays small without
// these.
import (
	_ "image/gif"  // registers the format
	_ "image/jpeg" // likewise
	_ "image/png"  // likewise
)
