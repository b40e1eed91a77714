package conformance

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"unicode"

	"github.com/google/uuid"
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

// unguessable is how many bits of a made-up ID are random at least. A UUID has 122.
const unguessable = 96

// id makes up a value for a path parameter that the contract allows and that nobody has, or returns false if the
// contract leaves no room for one: of three digits every value may be somebody's, whatever stands before them.
func (m maker) id(parameter, purpose string) (string, bool) {
	source := m.source(parameter + " " + purpose)
	var b [16]byte
	_, _ = source.Read(b[:]) // never fails
	candidates := []string{hex.EncodeToString(b[:]), uuid.Must(uuid.NewRandomFromReader(source)).String()}
	for _, run := range []int{40, 32, 24} { // of which a maxLength may allow one
		s := sampler{rng: rand.New(source), run: run} //nolint:gosec // what is drawn must be repeatable, and is no secret
		if drawn, ok := s.sample(m.contract.parameter(parameter).Schema.Value.Pattern); ok && drawn.bits >= unguessable {
			candidates = append(candidates, drawn.text)
		}
	}
	for _, id := range candidates {
		if safeSegment(id) && !strings.ContainsFunc(id, unicode.IsControl) && m.contract.checkID(parameter, id) == nil {
			return id, true
		}
	}
	return "", false
}

// plain is how many letters and digits a drawn ID has at least.
const plain = 24

// harmless reports whether an ID may be sent in place of one that exists, whatever a server or a proxy on the way makes
// of it: cut, stripped of odd characters, decoded twice or split, it stays within its segment, and is nobody's.
func harmless(id string) bool {
	letters := 0
	for _, r := range id {
		if isAlphanumeric(r) {
			letters++
		}
		if unicode.IsControl(r) {
			return false
		}
	}
	return letters >= plain && safeSegment(id) && !strings.ContainsAny(id, `./\%;?#*,`)
}
