// A module of its own, so that go get of the library does not bring these files.
module github.com/querent-ai/chord/testdata/data

go 1.26
