package association_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"testing"
)

// qrText reads a QR code (ISO/IEC 18004) that nothing has damaged: of versions 1 to 10,
// at level M, its text in bytes. It repairs nothing, so that a code it reads has no
// fault that a camera would have to make up for.
func qrText(t *testing.T, picture []byte) string {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	text, err := readQR(qrModules(img))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// qrModules is the picture's grid, dark modules true: a finder pattern is seven modules
// wide, so its first row tells how large one is.
func qrModules(img image.Image) [][]bool {
	b := img.Bounds()
	dark := func(x, y int) bool { r, _, _, _ := img.At(x, y).RGBA(); return r < 0x8000 }
	left, top := b.Max.X, b.Max.Y
	right := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if dark(x, y) {
				left, top, right = min(left, x), min(top, y), max(right, x)
			}
		}
	}
	run := 0
	for dark(left+run, top) {
		run++
	}
	module := run / 7
	n := (right + 1 - left) / max(module, 1)
	grid := make([][]bool, n)
	for y := range grid {
		grid[y] = make([]bool, n)
		for x := range grid[y] {
			grid[y][x] = dark(left+x*module+module/2, top+y*module+module/2)
		}
	}
	return grid
}

// qrBlocks are the blocks of data of each version at level M, as pairs of how many and
// how long, and qrRepair the bytes of each block that are for repair.
var (
	qrBlocks = [][]int{1: {1, 16}, {1, 28}, {1, 44}, {2, 32}, {2, 43}, {4, 27}, {4, 31}, {2, 38, 2, 39}, {3, 36, 2, 37}, {4, 43, 1, 44}}
	qrRepair = []int{1: 10, 16, 26, 18, 24, 16, 18, 22, 22, 26}
	qrAlign  = [][]int{1: nil, {6, 18}, {6, 22}, {6, 26}, {6, 30}, {6, 34}, {6, 22, 38}, {6, 24, 42}, {6, 26, 46}, {6, 28, 50}}
)

var qrMasks = []func(y, x int) bool{
	func(y, x int) bool { return (y+x)%2 == 0 }, func(y, _ int) bool { return y%2 == 0 },
	func(_, x int) bool { return x%3 == 0 }, func(y, x int) bool { return (y+x)%3 == 0 },
	func(y, x int) bool { return (y/2+x/3)%2 == 0 }, func(y, x int) bool { return y*x%2+y*x%3 == 0 },
	func(y, x int) bool { return (y*x%2+y*x%3)%2 == 0 }, func(y, x int) bool { return ((y+x)%2+y*x%3)%2 == 0 },
}

func readQR(grid [][]bool) (string, error) {
	n := len(grid)
	version := (n - 17) / 4
	if n != 17+4*version || version < 1 || version > 10 {
		return "", fmt.Errorf("a grid of %d modules", n)
	}
	// The format: level and mask, along the first finder pattern.
	format := 0
	for _, at := range [][2]int{{8, 0}, {8, 1}, {8, 2}, {8, 3}, {8, 4}} {
		format <<= 1
		if grid[at[0]][at[1]] {
			format |= 1
		}
	}
	format ^= 0b10101
	if level := format >> 3; level != 0 {
		return "", fmt.Errorf("level %b, not M", level)
	}
	mask := qrMasks[format&7]

	// The bits, two columns at a time from the right, up and down in turn.
	var words []byte
	bit := 0
	up := true
	for right := n - 1; right > 0; right -= 2 {
		if right == 6 {
			right--
		}
		for i := range n {
			y := i
			if up {
				y = n - 1 - i
			}
			for _, x := range []int{right, right - 1} {
				if qrFunction(version, n, y, x) {
					continue
				}
				if bit%8 == 0 {
					words = append(words, 0)
				}
				if grid[y][x] != mask(y, x) {
					words[bit/8] |= 0x80 >> (bit % 8)
				}
				bit++
			}
		}
		up = !up
	}

	// The blocks take turns, the longer ones last.
	var sizes []int
	for pairs := qrBlocks[version]; len(pairs) > 0; pairs = pairs[2:] {
		for range pairs[0] {
			sizes = append(sizes, pairs[1])
		}
	}
	whole := 0
	for _, size := range sizes {
		whole += size + qrRepair[version]
	}
	if len(words) < whole {
		return "", fmt.Errorf("%d bytes, not %d", len(words), whole)
	}
	blocks := make([][]byte, len(sizes))
	for i, next := 0, 0; i < sizes[len(sizes)-1]; i++ {
		for b, size := range sizes {
			if i < size {
				blocks[b] = append(blocks[b], words[next])
				next++
			}
		}
	}
	data := bytes.Join(blocks, nil)

	// Four bits say that bytes follow, then how many.
	at := 0
	take := func(bits int) (v int) {
		for range bits {
			v = v<<1 | int(data[at/8]>>(7-at%8)&1)
			at++
		}
		return v
	}
	if mode := take(4); mode != 4 {
		return "", fmt.Errorf("mode %b, not bytes", mode)
	}
	length := take(map[bool]int{true: 8, false: 16}[version < 10])
	if length > len(data)-3 {
		return "", fmt.Errorf("a text of %d bytes in %d", length, len(data))
	}
	text := make([]byte, length)
	for i := range text {
		text[i] = byte(take(8))
	}
	return string(text), nil
}

// qrFunction reports whether a module is for finding, timing, alignment, format or
// version, and so holds no data.
func qrFunction(version, n, y, x int) bool {
	switch {
	case y < 9 && (x < 9 || x >= n-8), y >= n-8 && x < 9, y == 6, x == 6:
		return true
	case version >= 7 && (y < 6 && x >= n-11 || x < 6 && y >= n-11):
		return true
	}
	positions := qrAlign[version]
	for _, cy := range positions {
		for _, cx := range positions {
			corner := cy == 6 && (cx == 6 || cx == n-7) || cy == n-7 && cx == 6
			if !corner && max(y-cy, cy-y) <= 2 && max(x-cx, cx-x) <= 2 {
				return true
			}
		}
	}
	return false
}
