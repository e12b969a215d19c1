"""What TensorBoard itself reads from a run folder, as JSON.

    python tests/references/tensorboard_reads.py RUN [--write read.json]

Needs the package tensorboard (`pip install tensorboard`; 2.21.0 was used for tensorboard/read.json). Each file is first read
record by record with checksums checked, then the folder as the page would show it: what a resumed run made void is gone.
"""

import argparse
import hashlib
import json
import pathlib

from tensorboard.backend.event_processing import event_accumulator, event_file_loader


def records(path):
    """How many records a file has and which version it says it is; a bad checksum raises."""
    loaded = list(event_file_loader.LegacyEventFileLoader(str(path)).Load())
    return {"records": len(loaded), "version": loaded[0].file_version, "starts": [
        event.step for event in loaded if event.HasField("session_log") and event.session_log.status == 1
    ]}


def read(run):
    everything = {kind: 0 for kind in event_accumulator.DEFAULT_SIZE_GUIDANCE}
    page = event_accumulator.EventAccumulator(str(run), size_guidance=everything)
    page.Reload()
    tags = page.Tags()
    scalars = {tag: [[e.step, round(e.value, 6)] for e in page.Scalars(tag)] for tag in sorted(tags["scalars"])}
    pictures = {
        tag: [
            [e.step, e.width, e.height, hashlib.sha256(e.encoded_image_string).hexdigest()[:12]]
            for e in page.Images(tag)
        ]
        for tag in sorted(tags["images"])
    }
    texts = {
        tag: [[e.step, e.tensor_proto.string_val[0].decode()] for e in page.Tensors(tag)]
        for tag in sorted(tags["tensors"])
        if page.SummaryMetadata(tag).plugin_data.plugin_name == "text"
    }
    files = {path.name: records(path) for path in sorted(run.glob("*tfevents*"))}
    return {"files": files, "scalars": scalars, "images": pictures, "texts": texts}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("run", type=pathlib.Path)
    arguments.add_argument("--write", type=pathlib.Path, help="keep the answer in this file")
    asked = arguments.parse_args()
    text = json.dumps(read(asked.run), indent=1, sort_keys=True) + "\n"
    if asked.write:
        asked.write.write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
