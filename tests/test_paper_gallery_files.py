"""The gallery's pages are safe, the same each time, and refuse input that is not right."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from gallery_data import DATASET, LABELS, write_layer
from gallery_page import (
    PARTS,
    POLICY,
    Page,
    made_fixture,  # noqa: F401
    page_fixture,  # noqa: F401
    text_fixture,  # noqa: F401
)
from PIL import Image
from project import ROOT, SCRIPTS, with_scripts

from kdlens.errors import InputError
from kdlens.paper.gallery import thumbnails

# ---- photographs --------------------------------------------------------------------------------


def test_every_photograph_is_there_once(made, page):
    data = page.data()
    photographs = page.photographs()
    used = sorted({int(image) for image in made.top.images.ravel()})
    assert [number - 1 for number, _ in data["images"]] == used
    assert [file for _, file in data["images"]] == [f"hand/{image:03}.jpg" for image in used]
    assert len(photographs) == len(used) > 1
    for index, image in enumerate(used):
        with Image.open(io.BytesIO(base64.b64decode(photographs[index]))) as thumbnail:
            assert thumbnail.format == "WEBP"
            assert thumbnail.size == (80, 80)  # no larger than the photograph itself
            shown = np.asarray(thumbnail.convert("L"), float).ravel()
        with Image.open(made.folder / f"data/images/hand/{image:03}.jpg") as photograph:
            real = np.asarray(photograph.convert("L").resize((80, 80)), float).ravel()
        assert np.corrcoef(shown, real)[0, 1] > 0.7


def test_thumbnails_have_the_size_asked_for_and_no_metadata(tmp_path):
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    Image.effect_noise((300, 200), 60).save(path, exif=exif, comment=b"a comment", dpi=(300, 300))
    (thumbnail,) = thumbnails.thumbnails([path], 112)
    content = base64.b64decode(thumbnail)
    assert Image.open(io.BytesIO(content)).size == (112, 112)
    assert b"EXIF" not in content and b"where" not in content and b"comment" not in content


def test_so_many_photographs_get_smaller(made, monkeypatch):
    monkeypatch.setattr(thumbnails, "PIXELS", 20 * 30 * 30)
    shown = Page(made.main())
    side = Image.open(io.BytesIO(base64.b64decode(shown.photographs()[0]))).size[0]
    assert 30 <= side < 80
    assert side * side * len(shown.photographs()) <= 20 * 30 * 30


# ---- safety -------------------------------------------------------------------------------------


def test_names_are_text_wherever_they_stand(page, text):
    tags = {tag for tag, _, _ in page.elements}
    # What the templates and the cards are made of; a name that became markup would bring an img.
    assert tags <= set(re.findall(r"<(\w+)", PARTS))
    assert (
        "img" not in tags
        and len(page.all("script")) == len(page.all("script", type="text/plain")) + 2
    )
    assert not any(k.startswith("on") for _, attributes, _ in page.elements for k in attributes)
    assert not any("style" in attributes for _, attributes, _ in page.elements)
    names = {a["data-name"] for a, _ in page.all("button", class_="bar")}
    assert names == set(LABELS.values())
    assert names <= {text for _, text in page.all("b")}
    assert page.data()["dataset"] == DATASET
    assert "alert(2)</script>" not in text


def test_only_the_pages_own_program_and_style_may_run(page):
    ((policy, _),) = page.all("meta", http_equiv=None, charset=None, **{"http-equiv": POLICY})
    rules = dict(rule.split(" ", 1) for rule in policy["content"].split("; "))
    programs = [text for attributes, text in page.all("script") if "type" not in attributes]
    styles = [text for _, text in page.all("style")]
    assert rules == {
        "default-src": "'none'",
        "script-src": checksum(programs),
        "style-src": checksum(styles),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    targets = [a[k] for _, a, _ in page.elements for k in ("src", "href") if k in a]
    assert targets == ["#units", "../../index.html"]


def checksum(texts):
    (text,) = texts
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def test_the_program_and_the_styles_cannot_end_early():
    folder = SCRIPTS / "kdlens/paper/gallery"
    for file in folder.iterdir():
        if file.suffix in (".js", ".css"):
            assert "</" not in file.read_text("utf-8")
            assert "http" not in file.read_text("utf-8")


def test_the_same_bytes_each_time(made, text):
    code = (
        "import sys; sys.path[:0] = ['tests', 'workflow_scripts']\n"
        "from pathlib import Path; from gallery_data import Made\n"
        "folder = Path(sys.argv[1]); Made(folder, None, None).main(page=folder / 'again.html')"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code, made.folder], cwd=ROOT, env=environment, check=True)
    made.main()
    assert (made.folder / "again.html").read_bytes() == made.page.read_bytes() == text.encode()


def test_the_gallery_imports_without_torch():
    code = "import sys, gallery, gallery_index; assert not {'torch', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], env=with_scripts(), check=True)


# ---- input that is not as it must be ------------------------------------------------------------


@pytest.fixture
def own(tmp_path):
    return write_layer(tmp_path, units=4, images=10, each=3)


def test_a_missing_photograph_is_named(own):
    (file,) = (own.folder / "data/images").rglob(f"{own.top.images[0, 0]:03}.jpg")
    file.unlink()
    with pytest.raises(
        InputError, match=rf"{file.name}: no such image file.*mend the concept data"
    ):
        own.main()
    assert not own.page.exists()


@pytest.mark.parametrize("damage", ["nothing", "text", "half"])
def test_a_broken_photograph_is_named(own, damage):
    (file,) = (own.folder / "data/images").rglob(f"{own.top.images[0, 0]:03}.jpg")
    content = file.read_bytes()
    file.write_bytes(
        {"nothing": b"", "text": b"hello", "half": content[: len(content) // 2]}[damage]
    )
    with pytest.raises(InputError, match=rf"{file.name}: not a readable image"):
        own.main()
    assert not own.page.exists()


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("top", {"concepts_digest": "other"}, "tallies and the top images.*concepts_digest is abc"),
        ("both", {"concepts_digest": "old"}, "the concept dataset and the tallies.*dissect again"),
        ("both", {"concepts": "broden"}, "the concept dataset and the tallies.*broden"),
        ("top", {"model_sha256": "1"}, None),
        ("both", {"model_sha256": "1"}, None),
        ("top", {"model": "scratch"}, "model is kd and scratch"),
        ("both", {"images": 11}, "images is 10 and 11"),
        ("tallies", {"labels": "shuffled"}, "shuffled labels"),
    ],
)
def test_what_does_not_belong_together_is_refused(own, part, change, message):
    files = own.inputs()
    if part in ("tallies", "both"):
        meta = {**own.tallies.meta, **change}
        dataclasses.replace(own.tallies, meta=meta).save(files["tallies"])
    if part in ("top", "both"):
        dataclasses.replace(own.top, meta={**own.top.meta, **change}).save(files["top"])
    if message is None:
        own.main()
        return
    with pytest.raises(InputError, match=message) as error:
        own.main()
    assert str(own.page) in str(error.value) and "\n" not in str(error.value)


def test_numbers_that_do_not_fit_are_refused(own):
    files = own.inputs()
    fewer = {name: getattr(own.top, name)[:3] for name in ("images", "peaks", "maps")}
    dataclasses.replace(own.top, **fewer).save(files["top"])
    with pytest.raises(InputError, match="tallies have 4 units, the top images 3"):
        own.main()
    dataclasses.replace(own.top, images=own.top.images + 7).save(files["top"])
    with pytest.raises(InputError, match="go up to number 16, the concept dataset has 10 images"):
        own.main()
    own.top.save(files["top"])
    with pytest.raises(InputError, match="the dataset is read with color, object"):
        own.main(categories=["color", "object"])
    with pytest.raises(InputError, match=r"quantile 0\.1 was not dissected"):
        own.main(quantile=0.1)
    files["top"].unlink()
    with pytest.raises(InputError, match=r"layer4_top\.npz: no such file"):
        own.main()
