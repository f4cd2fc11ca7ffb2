// Gives many inputs of any lengths to the lanes of a vector kernel.
//
// An input is a run of whole blocks in the caller's memory, then one or two blocks of padding made here. In each round all lanes go as
// many blocks as the lane that is nearest to the end of its run; then that lane turns to its padding, or to the next input.
#include <string.h>

#include "md5_internal.h"

typedef struct {
    /// The input's index.
    size_t input;
    bool is_padding;
    uint8_t tail[2 * CAIRN_MD5_BLOCK];
} lane_run;

typedef struct {
    const cairn_md5_input *inputs;
    size_t count;
    /// The first input that no lane has taken.
    size_t next_input;
    uint8_t *digests;
    /// Lanes 0 ..< active have work.
    size_t active;
    cairn_md5_lane_words lanes;
    /// Where each lane's present run goes on, and how many blocks of it are to come.
    const uint8_t *data[CAIRN_MD5_MAX_LANES];
    size_t blocks[CAIRN_MD5_MAX_LANES];
    lane_run runs[CAIRN_MD5_MAX_LANES];
} schedule;

static void begin_padding(schedule *s, size_t lane) {
    lane_run *run = &s->runs[lane];
    const cairn_md5_input *input = &s->inputs[run->input];
    const size_t rest = input->length % CAIRN_MD5_BLOCK;
    // No offset is added to the pointer of an empty input, which may be null.
    s->blocks[lane] = cairn_md5_pad(
        run->tail, rest == 0 ? NULL : input->data + (input->length - rest), input->length);
    run->is_padding = true;
    s->data[lane] = run->tail;
}

static void begin_input(schedule *s, size_t lane) {
    lane_run *run = &s->runs[lane];
    run->input = s->next_input++;
    for (int i = 0; i < 4; i++) s->lanes.words[i][lane] = cairn_md5_initial_words[i];
    s->blocks[lane] = s->inputs[run->input].length / CAIRN_MD5_BLOCK;
    run->is_padding = false;
    s->data[lane] = s->inputs[run->input].data;
    if (s->blocks[lane] == 0) begin_padding(s, lane);
}

static void copy_words(const schedule *s, size_t lane, uint32_t words[4]) {
    for (int i = 0; i < 4; i++) words[i] = s->lanes.words[i][lane];
}

/// Moves the last active lane into `lane`, so that the active ones stay together at the front.
///
/// Its padding is still read from the old place. That is safe, because lanes retire only when there are no inputs left, so that nobody
/// writes to the old place again.
static void retire(schedule *s, size_t lane) {
    const size_t last = --s->active;
    if (lane == last) return;
    for (int i = 0; i < 4; i++) s->lanes.words[i][lane] = s->lanes.words[i][last];
    s->data[lane] = s->data[last];
    s->blocks[lane] = s->blocks[last];
    s->runs[lane] = s->runs[last];
}

/// Goes on after the end of a lane's run.
static void end_run(schedule *s, size_t lane) {
    if (!s->runs[lane].is_padding) {
        begin_padding(s, lane);
        return;
    }
    uint32_t words[4];
    copy_words(s, lane, words);
    cairn_md5_write_digest(words, s->digests + CAIRN_MD5_DIGEST * s->runs[lane].input);
    if (s->next_input < s->count) {
        begin_input(s, lane);
    } else {
        retire(s, lane);
    }
}

/// Finishes an active lane in scalar code.
static void finish_alone(schedule *s, size_t lane) {
    uint32_t words[4];
    copy_words(s, lane, words);
    cairn_md5_compress(words, s->data[lane], s->blocks[lane]);
    if (!s->runs[lane].is_padding) {
        begin_padding(s, lane);
        cairn_md5_compress(words, s->data[lane], s->blocks[lane]);
    }
    cairn_md5_write_digest(words, s->digests + CAIRN_MD5_DIGEST * s->runs[lane].input);
}

void cairn_md5_schedule(
    const cairn_md5_engine *engine, const cairn_md5_input *inputs, size_t count, uint8_t *digests) {
    schedule s;  // not zeroed: each lane is set up when it takes its first input
    s.inputs = inputs;
    s.count = count;
    s.next_input = 0;
    s.digests = digests;
    s.active = count < 2 * engine->width ? count : 2 * engine->width;
    memset(&s.lanes, 0, sizeof s.lanes);
    for (size_t lane = 0; lane < s.active; lane++) begin_input(&s, lane);

    while (s.active > engine->scalar_lanes) {
        size_t blocks = s.blocks[0];
        for (size_t lane = 1; lane < s.active; lane++) {
            if (s.blocks[lane] < blocks) blocks = s.blocks[lane];
        }
        const bool fits_one_vector = s.active <= engine->width;
        const size_t driven = fits_one_vector ? engine->width : 2 * engine->width;
        // An idle lane reads along with lane 0, whose memory is known to hold that many blocks.
        for (size_t lane = s.active; lane < driven; lane++) s.data[lane] = s.data[0];
        (fits_one_vector ? engine->single : engine->pair)(&s.lanes, s.data, blocks);

        // From the end, because a lane that retires is replaced by the last active one, which must have been seen.
        for (size_t lane = s.active; lane-- > 0;) {
            s.data[lane] += CAIRN_MD5_BLOCK * blocks;
            s.blocks[lane] -= blocks;
            if (s.blocks[lane] == 0) end_run(&s, lane);
        }
    }
    for (size_t lane = 0; lane < s.active; lane++) finish_alone(&s, lane);
}

void cairn_md5_update_lanes(
    const cairn_md5_engine *engine, cairn_md5_state *states, const uint8_t *const *data, size_t count,
    size_t blocks) {
    for (size_t first = 0; first < count;) {
        const size_t rest = count - first, most = 2 * engine->width;
        const size_t active = rest < most ? rest : most;
        if (active <= engine->scalar_lanes) {
            cairn_md5_compress(states[first].words, data[first], blocks);
            states[first].length += CAIRN_MD5_BLOCK * blocks;
            first++;
            continue;
        }
        cairn_md5_lane_words lanes;
        const uint8_t *places[CAIRN_MD5_MAX_LANES];
        const bool fits_one_vector = active <= engine->width;
        const size_t driven = fits_one_vector ? engine->width : most;
        for (size_t lane = 0; lane < driven; lane++) {
            // An idle lane does what the first one does.
            const size_t stream = first + (lane < active ? lane : 0);
            places[lane] = data[stream];
            for (int i = 0; i < 4; i++) lanes.words[i][lane] = states[stream].words[i];
        }
        (fits_one_vector ? engine->single : engine->pair)(&lanes, places, blocks);
        for (size_t lane = 0; lane < active; lane++) {
            for (int i = 0; i < 4; i++) states[first + lane].words[i] = lanes.words[i][lane];
            states[first + lane].length += CAIRN_MD5_BLOCK * blocks;
        }
        first += active;
    }
}
