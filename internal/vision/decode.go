package vision

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif"  // registers the format
	_ "image/jpeg" // likewise
	_ "image/png"  // likewise
)

// ErrPicture is wrapped by errors about a picture that cannot be read.
var ErrPicture = errors.New("no picture that can be read")

const (
	// maxPixels bounds the pixels of a picture: decoding takes at most about 12 bytes
	// for each, in a progressive JPEG.
	maxPixels = 1 << 25
	// maxSide bounds the width and the height of a picture.
	maxSide = 1 << 15
)

// A Picture is a decoded picture.
type Picture struct {
	Width, Height int
	RGB           []byte // (Height, Width, 3)
}

// Size returns the size of the picture in data without decoding it. The error wraps
// [ErrPicture].
func Size(data []byte) (width, height int, err error) {
	defer refuse(&err)
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil:
		return 0, 0, fmt.Errorf("%w: %w", ErrPicture, err)
	case c.Width < 1 || c.Height < 1:
		return 0, 0, fmt.Errorf("a %s of %d×%d pixels: %w", format, c.Width, c.Height, ErrPicture)
	case c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels:
		return 0, 0, fmt.Errorf("a %s of %d×%d pixels, want at most %d on a side and %d in all: %w", format, c.Width, c.Height, maxSide, maxPixels, ErrPicture)
	}
	return c.Width, c.Height, nil
}

// Decode returns the picture in data, the content of a file. Transparency is dropped,
// as by llama.cpp, and of an animation all but the first frame. The error wraps
// [ErrPicture].
func Decode(data []byte) (p *Picture, err error) {
	width, height, err := Size(data)
	if err != nil {
		return nil, err
	}
	defer refuse(&err)
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPicture, err)
	}
	if b := m.Bounds(); b.Dx() != width || b.Dy() != height { // a frame of a GIF may be smaller
		frame := image.NewNRGBA(image.Rect(0, 0, width, height))
		draw.Draw(frame, frame.Bounds(), m, image.Point{}, draw.Src)
		m = frame
	}
	return toRGB(m), nil
}

// refuse makes a panic of a decoder an error: pictures come from anywhere.
func refuse(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", ErrPicture, r)
	}
}

// toRGB returns the colors of m without transparency.
func toRGB(m image.Image) *Picture {
	b := m.Bounds()
	p := &Picture{Width: b.Dx(), Height: b.Dy()}
	p.RGB = make([]byte, 0, 3*p.Width*p.Height)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			p.RGB = appendRGB(p.RGB, m, x, y)
		}
	}
	return p
}

// appendRGB appends the color of a pixel. The common types take no allocation.
func appendRGB(dst []byte, m image.Image, x, y int) []byte {
	switch m := m.(type) {
	case *image.YCbCr:
		c := m.YCbCrAt(x, y)
		r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
		return append(dst, r, g, b)
	case *image.NRGBA:
		c := m.NRGBAAt(x, y)
		return append(dst, c.R, c.G, c.B)
	case *image.Gray:
		g := m.GrayAt(x, y).Y
		return append(dst, g, g, g)
	}
	c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
	return append(dst, c.R, c.G, c.B)
}
