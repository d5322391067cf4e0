// A verifier of ledgers on top of the Go project's own golang.org/x/mod/sumdb (note, tlog): the hashing, the proofs and
// the signed notes are theirs; only the way to the files is told here (c2sp.org/tlog-tiles instead of the sumdb's names).
//
//	verifier FOLDER VKEY OLD      audit, inclusion, consistency from OLD; one line of JSON
//	verifier evidence VKEY < FILE one evidence file
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func open(signed []byte, vkey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	must(err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() {
		must(fmt.Errorf("another log's checkpoint: %s", lines[0]))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return tlog.Tree{N: size, Hash: root}
}

type files struct{ folder string }

func (f files) Height() int                     { return 8 }
func (f files) SaveTiles([]tlog.Tile, [][]byte) {}
func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		name := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(f.folder, name))
		if err != nil { // a partial tile may have been replaced by the full one
			full := strings.Split(name, ".p/")[0]
			data, err = os.ReadFile(filepath.Join(f.folder, full))
			if err == nil && len(data) > tile.W*tlog.HashSize {
				data = data[:tile.W*tlog.HashSize]
			}
		}
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func entries(folder string, size int64) [][]byte {
	var all [][]byte
	for number := int64(0); int64(len(all)) < size; number++ {
		width := size - number*256
		if width > 256 {
			width = 256
		}
		tile := tlog.Tile{H: 8, L: 0, N: number, W: int(width)}
		name := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(folder, name))
		must(err)
		for len(data) > 0 {
			length := int(data[0])<<8 | int(data[1])
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
	}
	return all
}

func audit(folder, vkey string, old int64) {
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	must(err)
	tree := open(signed, vkey)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	leaves := entries(folder, tree.N)
	for index, leaf := range leaves {
		hashes, err := tlog.StoredHashes(int64(index), leaf, reader)
		must(err)
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(tree.N, reader)
	must(err)
	if root != tree.Hash {
		must(fmt.Errorf("the entries do not give the signed root"))
	}
	tiles := tlog.TileHashReader(tree, files{folder}) // checks every tile that it reads against the root
	proved := 0
	for index := int64(0); index < tree.N; index++ {
		path, err := tlog.ProveRecord(tree.N, index, tiles)
		must(err)
		must(tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(leaves[index])))
		proved++
	}
	oldRoot, err := tlog.TreeHash(old, reader)
	must(err)
	path, err := tlog.ProveTree(tree.N, old, tiles)
	must(err)
	must(tlog.CheckTree(path, tree.N, tree.Hash, old, oldRoot))
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"size": tree.N, "root": fmt.Sprintf("%x", tree.Hash[:]), "proved": proved, "consistent_with": old,
	})
}

func evidence(vkey string) {
	raw, err := io.ReadAll(os.Stdin)
	must(err)
	var file struct{ Entry, Proof string }
	must(json.Unmarshal(raw, &file))
	at := strings.Index(file.Proof, "\n\n")
	lines := strings.Split(file.Proof[:at], "\n")
	tree := open([]byte(file.Proof[at+2:]), vkey)
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err)
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		data, err := base64.StdEncoding.DecodeString(line)
		must(err)
		var hash tlog.Hash
		copy(hash[:], data)
		path = append(path, hash)
	}
	must(tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash([]byte(file.Entry))))
	json.NewEncoder(os.Stdout).Encode(map[string]any{"index": index, "size": tree.N})
}

func main() {
	if os.Args[1] == "evidence" {
		evidence(os.Args[2])
		return
	}
	old, err := strconv.ParseInt(os.Args[3], 10, 64)
	must(err)
	audit(os.Args[1], os.Args[2], old)
}
