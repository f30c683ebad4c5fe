// Package vision turns pictures into rows that a text model takes in place of the
// vectors of tokens.
//
// An [Encoder] is the vision tower and the projector of an mmproj file, llama.cpp's
// form of them: general.architecture is "clip", clip.projector_type names the way
// from the tower to the text model, the tensors of the tower begin with "v." and
// those of the projector with "mm.". A picture goes through these steps:
//
//	Decode     a PNG, JPEG or GIF, or what else the program has registered with
//	           package image, becomes RGB; its size is checked before its pixels
//	           are decoded
//	resize     to the size that the tower takes, with the integers of Pillow, as
//	           llama.cpp does, and bars where the shape differs
//	normalize  (pixel/255 - mean)/std
//	tower      patches, positions, transformer layers in which every patch sees
//	           all others
//	projector  fewer rows, as wide as the text model
//
// Everything after decoding is computed by package simd in an order that does not
// depend on the tier or the number of threads, so that the same picture gives the
// same bits everywhere.
package vision
