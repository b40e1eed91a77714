package conformance

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask"
)

// TestDrawnIDsAreSafe: every ID that is drawn, and every simpler one, is of the kind that it is meant to be, stays in
// its segment, and cannot be anybody's.
func TestDrawnIDsAreSafe(t *testing.T) {
	t.Parallel()
	cfg, err := newConfig(nil)
	require.NoError(t, err)
	r := newRun(t.Context(), cfg, Target{}, &url.URL{}, proxy{})
	kinds := map[string]int{}
	for _, rule := range rules {
		if rule.observes() || rule.Probes[0].varied() == "" {
			continue
		}
		probe := rule.Probes[0]
		parameter := probe.varied()
		base, ok := r.maker.id(parameter, probe.Name)
		require.True(t, ok)
		rng := r.maker.rng(probe.Name)
		for range 600 {
			d := draw(rng, base)
			for _, candidate := range append(d.simpler(), d) {
				if !r.fits(probe, parameter, candidate) {
					continue
				}
				kinds[rule.ID]++
				id := candidate.value()
				malformed := r.contract.checkID(parameter, id) != nil
				require.Equal(t, strings.HasPrefix(rule.ID, "malformed"), malformed, "%s %q", rule.ID, id)
				require.True(t, safePath("/"+url.PathEscape(id)), "%q", id)
				require.NotRegexp(t, `[./\\%;?#*,\x00-\x1f\x7f]`, id)
				letters := strings.Map(func(r rune) rune {
					if strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", r) {
						return r
					}
					return -1
				}, id)
				require.GreaterOrEqual(t, len(letters), 24, "%q may be somebody's", id)
			}
		}
	}
	assert.Len(t, kinds, 6)
	for rule, n := range kinds {
		assert.Greater(t, n, 50, rule)
	}
}

// TestShares: of the time until half of a run is over, every rule that draws IDs gets as much as those after it.
func TestShares(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	r := run{half: now.Add(60 * time.Second), varied: 3}
	for _, spent := range []time.Duration{20 * time.Second, 10 * time.Second} { // the second rule takes half of its share
		assert.Equal(t, now.Add(20*time.Second), r.share(now))
		now = now.Add(spent)
	}
	assert.Equal(t, now.Add(30*time.Second), r.share(now), "what others leave is for the last")
	assert.Equal(t, now.Add(30*time.Second), r.share(now), "there are not more than were counted")
	assert.Zero(t, (&run{varied: 3}).share(now))
}

// TestHarmless knows what a server or a proxy may do to an ID.
func TestHarmless(t *testing.T) {
	t.Parallel()
	const base = "0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61"
	for id, want := range map[string]bool{
		base: true, base + "~": true, base + "任": true, "'" + base: true,
		"": false, ".": false, "..": false, "~": false, "1": false, base[:21]: false,
		base + "/..": false, base + "%2e%2e": false, `..\` + base: false, "..;" + base: false, base + "?x": false,
		base + "#": false, base + "\x00": false, "\n" + base: false, base + "*": false, base + ",1": false,
	} {
		assert.Equal(t, want, harmless(id), "%q", id)
	}
}

// TestSimpler: by undoing changes one gets to the base, each step being simpler.
func TestSimpler(t *testing.T) {
	t.Parallel()
	d := drawing{"0e5a9c6e2c8f4b1d9a7c3f5e8b2d4a61", []change{
		{insertion, 3, '任', 0}, {replacement, 5, ' ', 0}, {repetition, 9, 0, 200}, {upperCase, 1, 0, 0},
	}}
	steps := 0
	for ; len(d.changes) > 0; steps++ {
		require.Less(t, steps, 20)
		simpler := d.simpler()
		require.NotEmpty(t, simpler)
		assert.Len(t, simpler[0].changes, len(d.changes)-1)
		d = simpler[0]
	}
	assert.Equal(t, d.base, d.value())
}

// TestMadeUpIDs: a contract decides of what form they are, and may leave no room for any.
func TestMadeUpIDs(t *testing.T) {
	t.Parallel()
	const was = `pattern: '^[0-9A-Za-z_-]{1,64}$'`
	for pattern, want := range map[string]string{
		`^[0-9A-Za-z_-]{1,64}$`:                         `^[0-9a-f]{32}$`,
		`^[0-9a-f-]{36}$`:                               `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`,
		`^task-[0-9a-z]{24}$`:                           `^task-[0-9a-z]{24}$`,
		`^[1-9][0-9]{0,8}$`:                             "",
		`^background-task-of-production-[0-9]{1,6}$`:    "",
		`^(nightly-cleanup-of-it|weekly-rebalance-it)$`: "",
		`^(nightly-[0-9a-z]+|x)$`:                       `^nightly-[0-9a-z]{40}$`,
		`^(?i)t.{31}$`:                                  `^[tT][0-9A-Za-z]{31}$`,
		`^T\bZ?[A-Z]{30}$`:                              "",
		`^((((((((((a+)+)+)+)+)+)+)+)+)+)+$`:            "",
		`^((((((((((a*)*)*)*)*)*)*)*)*)*)*[b]?$`:        "",
		`^T$[A-Z]{30}`:                                  "",
		`^\x{4efb}[^/]{22,}$`:                           `^任[0-9A-Za-z]{40}$`,
		`^(a|b){30}$`:                                   "",
		`^[0-9a-f]{16}/[0-9a-f]{16}$`:                   "",
		`^[0-9a-f.]{3}x[0-9a-f.]{28}$`:                  `^[0-9a-f.]{3}x[0-9a-f.]{28}$`,
	} {
		document := strings.Replace(string(dmstask.Contract()), was, "pattern: '"+pattern+"'", 1)
		if want != `^[0-9a-f]{32}$` {
			document = strings.Replace(document, "          example: 8abfa7b372160bfd0172165864064079\n", "", 1)
		}
		contract, err := LoadContract([]byte(document))
		require.NoError(t, err, pattern)
		for seed := range uint32(20) {
			m := maker{contract, seed}
			id, ok := m.id(taskID, "x")
			require.Equal(t, want != "", ok, "%s %q", pattern, id)
			if !ok {
				continue
			}
			require.Regexp(t, want, id)
			again, _ := m.id(taskID, "x")
			other, _ := m.id(taskID, "y")
			assert.Equal(t, id, again)
			assert.NotEqual(t, id, other)
		}
	}
}
