package conformance

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// A maker makes up IDs. The same seed makes the same ones.
type maker struct {
	contract *Contract
	seed     uint32
}

// rng returns the random numbers of a purpose: each has its own, so that one rule does not change what another gets.
func (m maker) rng(purpose string) *rand.Rand {
	return rand.New(m.source(purpose)) //nolint:gosec // what is drawn must be repeatable, and is no secret
}

func (m maker) source(purpose string) *rand.ChaCha8 {
	return rand.NewChaCha8(sha256.Sum256(append(binary.BigEndian.AppendUint32(nil, m.seed), purpose...)))
}

// unguessable is how many characters a made-up ID has at least: 22 of base64 are 128 bits.
const unguessable = 22

// id makes up a value for a path parameter that the contract allows and that nobody has, or returns false if the
// contract leaves no room for one: of three digits every value may be somebody's.
func (m maker) id(parameter, purpose string) (string, bool) {
	source := m.source(parameter + " " + purpose)
	var b [16]byte
	_, _ = source.Read(b[:]) // never fails
	candidates := []string{hex.EncodeToString(b[:]), uuid.Must(uuid.NewRandomFromReader(source)).String()}
	for _, id := range candidates {
		if m.contract.checkID(parameter, id) == nil {
			return id, true
		}
	}
	pattern := m.contract.parameter(parameter).Schema.Value.Pattern
	if _, err := regexp.Compile(pattern); err != nil || pattern == "" {
		return "", false
	}
	matching := rapid.StringMatching(pattern)
	for range 100 {
		id := matching.Example(int(source.Uint64() >> 1))
		if varied(id) && safeSegment(id) && m.contract.checkID(parameter, id) == nil {
			return id, true
		}
	}
	return "", false
}

// varied reports whether an ID is long, and does not repeat a few characters only.
func varied(id string) bool {
	different := map[rune]bool{}
	for _, r := range id {
		different[r] = true
	}
	return len(id) >= unguessable && len(different) >= 8
}

// harmless reports whether an ID may be sent in place of one that exists, whatever a server or a proxy on the way makes
// of it: cut, stripped of odd characters, decoded twice or split, it stays within its segment, and is nobody's.
func harmless(id string) bool {
	plain := 0
	for _, r := range id {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			plain++
		}
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	return plain >= unguessable && safeSegment(id) && !strings.ContainsAny(id, `./\%;?#*,`)
}
