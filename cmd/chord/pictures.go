package main

import (
	"os"

	"github.com/spf13/pflag"
	_ "golang.org/x/image/bmp"  // registers the format
	_ "golang.org/x/image/tiff" // likewise
	_ "golang.org/x/image/webp" // likewise

	"github.com/querent-ai/chord"
)

// mmprojFlag registers --mmproj.
func mmprojFlag(f *pflag.FlagSet, o *chord.Options) {
	f.StringVar(&o.MMProj, "mmproj", "", "GGUF `file` with the vision tower of the model, which then reads pictures (also -mm)")
}

// imageFlag registers --image.
func (g *answering) imageFlag(f *pflag.FlagSet) {
	f.StringArrayVar(&g.images, "image", nil, "show the model this `file`, a PNG, JPEG, GIF, WebP, BMP or TIFF, before the text (may be repeated)")
}

// readPictures returns the pictures of files, for a model that reads pictures.
func readPictures(m *chord.Model, flag string, files []string) ([]chord.Part, error) {
	if len(files) > 0 && !m.Info().Vision {
		return nil, usagef("%s: %s reads text only; --mmproj names the file with its vision tower, if there is one", flag, m.Info().Name)
	}
	var parts []chord.Part
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if len(b) == 0 {
			return nil, usagef("%s %s: the file is empty", flag, name)
		}
		parts = append(parts, chord.Part{Image: b})
	}
	return parts, nil
}

// withPictures returns a message of the user with pictures before its text.
func withPictures(pictures []chord.Part, text string) chord.Message {
	m := chord.Message{Role: "user", Content: text}
	if len(pictures) > 0 {
		m.Parts = append(append(m.Parts, pictures...), chord.Part{Text: text})
	}
	return m
}
