# Paths, access to the config, and what jobs ask of the machine. All functions of the rules are here.

import hashlib
import json
import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

BASE = Path(workflow.basedir)
sys.path.insert(0, str(BASE / "workflow_scripts"))

from kdlens.config import published_rows, resolve
from kdlens.config_models import checkpoint_of, method_of
from kdlens.data.choices import check_choices
from kdlens.data.sources import is_archive
from kdlens.dependencies import library_modules
from kdlens.errors import InputError, suggest
from kdlens.schema import load_schema, require_unique_keys


def in_project(path):
    """Return a file of the project relative to the working directory, wherever that is."""
    return os.path.relpath(BASE / path)


PUBLISHED = in_project("config/reference/han2023/table01.csv")
PUBLISHED_LOWER_LAYERS = in_project("config/reference/han2023/table10.csv")

try:
    for file in workflow.configfiles:
        require_unique_keys(file)
    # CONFIG is the config checked, with every default filled in; `config` is as the user wrote it.
    CONFIG = resolve(
        config,
        load_schema(in_project("config/schemas/config.schema.yaml")),
        published_rows(PUBLISHED),
    )
except InputError as error:
    raise WorkflowError(str(error)) from None

# What the head of the report reads; the rest of the report speaks from the rules' params.
config["title"] = CONFIG["title"]

RUN = f"{CONFIG['results']}/{CONFIG['run']}"
DATA = f"{CONFIG['results']}/data"
MODEL = f"{RUN}/models/{{model}}/seed{{seed}}"
DISSECTION = f"{RUN}/dissection/{{model}}/seed{{seed}}"
MODELS = CONFIG["models"]
LAYERS = CONFIG["dissection"]["layers"]
TABLE_LAYER = LAYERS[-1]


def check_targets(targets):
    """Raise an error for a target that names a model or seed which the config does not have.

    Snakemake itself would say no more than that no rule makes the file.
    """
    for target in targets:
        files = re.match(
            rf"{re.escape(CONFIG['results'])}/([^/]+)/(models|dissection|tables|figures|gallery)/",
            target,
        )
        if files and files.group(1) != CONFIG["run"]:
            raise WorkflowError(
                f"{target}: belongs to another run than '{CONFIG['run']}', which this config is "
                "for; write the target first and then --configfile with the other run's config"
            )
        match = re.search(r"/(?:models|dissection|gallery)/([^/]+)/seed(\d+)/", target)
        if not files or not match:
            continue
        name, seed = match.groups()
        if name not in MODELS:
            known = suggest(name, MODELS)
            raise WorkflowError(f"{target}: the config has no model '{name}'; {known}")
        if int(seed) not in MODELS[name]["seeds"]:
            known = ", ".join(map(str, MODELS[name]["seeds"]))
            raise WorkflowError(f"{target}: {name} has no seed {seed}; it has {known}")


def one_of(names):
    """Return a wildcard constraint that matches exactly these names (and nothing if none)."""
    return "|".join(re.escape(str(name)) for name in names) or "(?!)"


def library(script):
    """Return the library modules that a script imports, as inputs: an edit of one reruns the rule."""
    root = BASE / "workflow_scripts"
    modules = library_modules(root / f"{script}.py")
    return [
        str(Path("workflow_scripts", module.relative_to(root))) for module in modules
    ]


def job(stage, key):
    return CONFIG["jobs"][stage][key]


# ---- data ---------------------------------------------------------------------------------------


def origin(role):
    """Return how a dataset comes about: rendered, unpacked (from an archive), or the user's folder.

    A run that trains nothing may have no training data; nothing is returned then.
    """
    if role not in CONFIG:
        return None
    dataset = CONFIG[role]
    if dataset["source"] == "concept_world":
        return "rendered"
    return (
        "folder"
        if "path" in dataset and not is_archive(dataset["path"])
        else "unpacked"
    )


def datasets(role, *kinds):
    """Return a wildcard constraint for the dataset of this role, if it comes about in such a way."""
    return one_of([CONFIG[role]["name"]] if origin(role) in kinds else [])


def dataset_tree(role):
    """Return the folder of a dataset that a rule makes, or nothing if there is none."""
    made = origin(role) in ("rendered", "unpacked")
    return [f"{DATA}/{CONFIG[role]['name']}/tree"] if made else []


def dataset_root(role):
    """Return the folder that holds a dataset's files."""
    dataset = CONFIG[role]
    made = dataset_tree(role)
    return made[0] if made else str(Path(dataset["path"], dataset.get("subfolder", "")))


def dataset_summary(role):
    """Return the summary of a dataset, or nothing if the run has no such dataset."""
    return f"{DATA}/{CONFIG[role]['name']}/dataset.json" if role in CONFIG else []


def splits():
    data = CONFIG.get("training_data", {})
    return data.get("splits", {"train": "train", "val": "val"})


def image_checks():
    data = CONFIG.get("training_data", {})
    return {
        "name": data.get("name"),
        "splits": splits(),
        "num_classes": data.get("num_classes"),
    }


def world(role):
    keys = ("image_size", "mask_size", "classes", "images", "seed")
    dataset = CONFIG.get(role, {})
    return {key: dataset[key] for key in keys if key in dataset}


def source(role):
    dataset = CONFIG.get(role, {})
    return {
        "path": dataset.get("path"),
        "urls": dataset.get("urls", []),
        "sha256": dataset.get("sha256"),
        "subfolder": dataset.get("subfolder"),
    }


def archive_file(role):
    """Return the archive as an input, so that a new one is unpacked again.

    An archive that is not there is left out (a dry run needs no data, and it may be fetched), but
    not once it has been unpacked: then a changed list of inputs would unpack it again in vain.
    """
    path = CONFIG.get(role, {}).get("path")
    if not path or not is_archive(path):
        return []
    unpacked = "urls" not in CONFIG[role] and any(
        map(os.path.isdir, dataset_tree(role))
    )
    return [path] if unpacked or os.path.isfile(path) else []


def own_files(role):
    """Return what to watch of a dataset that is used where it lies, as far as it exists."""
    if origin(role) != "folder":
        return []
    root = Path(dataset_root(role))
    names = ("index.csv", "label.csv", "category.csv")
    if role == "training_data":
        names = splits().values()
    return [str(root / name) for name in names if (root / name).exists()]


def pack_params():
    categories = sorted(CONFIG["concept_data"].get("categories", []))
    return {
        "image_size": CONFIG["dissection"]["image_size"],
        "categories": categories or None,
    }


def packed_concepts():
    """Return the folder of the packed concept dataset: one for each choice, since runs share it."""
    choice = pack_params()
    text = json.dumps(choice, sort_keys=True)
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]
    name = f"packed_{choice['image_size']}_{digest}"
    return f"{DATA}/{CONFIG['concept_data']['name']}/{name}"


# ---- models -------------------------------------------------------------------------------------


def models_by(*methods):
    return one_of(name for name, model in MODELS.items() if model["method"] in methods)


def trained_models():
    return one_of(name for name, model in MODELS.items() if "training" in model)


def seeds():
    return one_of(
        sorted({seed for model in MODELS.values() for seed in model["seeds"]})
    )


def pairs(names):
    """Return (model, seed) for every seed of the models named."""
    return [(name, seed) for name in names for seed in MODELS[name]["seeds"]]


def model_file(name, seed, file="model.pt"):
    return f"{MODEL.format(model=name, seed=seed)}/{file}"


def all_model_files(file):
    return [model_file(name, seed, file) for name, seed in pairs(MODELS)]


def generations(name):
    """Return how many generations of students wait for a model."""
    students = [m for m in MODELS if MODELS[m].get("teacher") == name]
    return max((1 + generations(student) for student in students), default=0)


def urgency(wildcards):
    """Return the priority of a training: teachers first, since others wait for them."""
    return generations(wildcards.model)


def network_of(name):
    """Return the shape of a model's network."""
    network = CONFIG["networks"][MODELS[name]["network"]]
    return {key: value for key, value in network.items() if key != "normalisation"}


def image(name, size=None):
    """Return how images are brought to a model's network: for training, or else at another size."""
    normalised = CONFIG["networks"][MODELS[name]["network"]]["normalisation"]
    data = CONFIG.get("training_data")
    if size or data is None:
        size = size or CONFIG["dissection"]["image_size"]
        return {"size": size, **normalised}
    resize = {"resize": data["resize"]} if "resize" in data else {}
    return {"size": data["image_size"], **resize, **normalised}


def same_network(wildcards):
    """Return the metrics of a checkpoint from which a null takes its number of classes.

    Nothing, if the training data or the config say it.
    """
    network = MODELS[wildcards.model]["network"]
    if "training_data" in CONFIG or "classes" in CONFIG["networks"][network]:
        return []
    name = checkpoint_of(MODELS, network)
    return model_file(name, MODELS[name]["seeds"][0], "metrics.json")


def teacher_file(wildcards):
    model = MODELS[wildcards.model]
    if "teacher" not in model:
        return []
    return model_file(model["teacher"], model["teacher_seed"])


def model_params(wildcards):
    """Return what the scripts that make a model need to know of its entry."""
    model = MODELS[wildcards.model]
    params = {
        "name": wildcards.model,
        "seed": int(wildcards.seed),
        "network": network_of(wildcards.model),
        "image": image(wildcards.model),
        "device": CONFIG["device"],
    }
    if "training" in model:
        params |= {"method": method_of(model), "training": model["training"]}
        params["teacher_network"] = (
            network_of(model["teacher"]) if "teacher" in model else None
        )
    if "weights" in model:
        params |= {"weights": model["weights"], "downloads": f"{DATA}/weights"}
    return params


def gpus():
    """Return how many GPUs a job that computes with torch asks for."""
    return 0 if CONFIG["device"] == "cpu" else 1


# ---- dissection ---------------------------------------------------------------------------------


def tallies(name, seed, layer=TABLE_LAYER, labels="true"):
    suffix = "_shuffled" if labels == "shuffled" else ""
    return f"{DISSECTION.format(model=name, seed=seed)}/{layer}{suffix}.npz"


def all_tallies():
    return [
        tallies(name, seed, layer)
        for name, seed in pairs(CONFIG["paper"]["models"])
        for layer in LAYERS
    ]


def dissection_params(wildcards):
    keys = ("layers", "quantiles", "iou_threshold", "denominator", "shuffle_seed")
    keys += ("top_images", "precision")
    settings = CONFIG["dissection"]
    return {
        **{key: settings[key] for key in keys},
        "batch_size": settings.get("batch_size"),
        "network": network_of(wildcards.model),
        "image": image(wildcards.model, settings["image_size"]),
        "categories": pack_params()["categories"],
        "device": CONFIG["device"],
        "label": {"model": wildcards.model, "seed": int(wildcards.seed)},
    }


def dissection_resources():
    """Return what a dissection may use of the machine: nothing that changes its results.

    They are resources and no params, so that a change of them dissects nothing again.
    """
    settings = CONFIG["dissection"]
    return {
        "keep_mib": round(1024 * settings["memory_gib"]),
        "device_keep_mib": round(1024 * settings["device_memory_gib"]),
        "decoders": settings["workers"],
    }


# ---- paper --------------------------------------------------------------------------------------


def measured():
    """Return what tables and captions say of the measurement."""
    settings = CONFIG["dissection"]
    return {
        "layer": TABLE_LAYER,
        "quantile": settings["quantiles"][0],
        "iou_threshold": settings["iou_threshold"],
        "denominator": settings["denominator"],
    }


def dataset_names():
    """Return the names of the datasets; None for one that the run does not have."""
    roles = {"training": "training_data", "concepts": "concept_data"}
    return {key: CONFIG.get(role, {}).get("name") for key, role in roles.items()}


def shown_as(name):
    """Return what colours a model in figures: its method, or that it is a teacher."""
    teachers = {model["teacher"] for model in MODELS.values() if "teacher" in model}
    return "teacher" if name in teachers else MODELS[name]["method"]


def table01_params():
    return {**measured(), "runs": table01_runs(), "dataset": dataset_names()}


def figure02_params():
    names = CONFIG["paper"]["figure02"]["models"]
    seeds = sorted({seed for _, seed in pairs(names)})
    return {**measured(), "models": names, "dataset": dataset_names(), "seeds": seeds}


def table01_runs():
    """Return the rows of Table 1 by seed: every model, then the shuffled-label null."""
    paper = CONFIG["paper"]
    rows = []
    for name, seed in pairs(paper["models"]):
        model = MODELS[name]
        rows.append(
            {
                "model": name,
                "seed": seed,
                "label": model["label"],
                "method": shown_as(name),
                "reference": model.get("reference"),
                "labels": "true",
            }
        )
    shuffled = [row for row in rows if row["model"] == paper["shuffled"]]
    for row in shuffled:
        label = f"{row['label']}, shuffled labels"
        rows.append({**row, "label": label, "reference": None, "labels": "shuffled"})
    return rows


def table01_tallies():
    return [
        tallies(row["model"], row["seed"], labels=row["labels"])
        for row in table01_runs()
    ]


def table01_metrics():
    return [
        model_file(row["model"], row["seed"], "metrics.json") for row in table01_runs()
    ]


def figure03_entries():
    """Return the columns of Figure 3: each model by its first seed."""
    return [
        {
            "model": name,
            "seed": MODELS[name]["seeds"][0],
            "label": MODELS[name]["label"],
            "method": shown_as(name),
            "network": network_of(name),
            "image": image(name, CONFIG["dissection"]["image_size"]),
        }
        for name in CONFIG["paper"]["figure03"]["models"]
    ]


def figure03_files(kind):
    make = tallies if kind == "tallies" else model_file
    return [make(entry["model"], entry["seed"]) for entry in figure03_entries()]


def maps_params():
    settings = CONFIG["dissection"]
    keys = ("category", "images")
    return {
        **measured(),
        **{key: CONFIG["paper"]["figure03"][key] for key in keys},
        "concept": CONFIG["paper"]["figure03"].get("concept"),
        "entries": figure03_entries(),
        "image_size": settings["image_size"],
        "categories": pack_params()["categories"],
        "device": CONFIG["device"],
    }


def figure03_caption():
    entries = [
        {k: e[k] for k in ("model", "seed", "label")} for e in figure03_entries()
    ]
    shown = CONFIG["paper"]["figure03"]
    concept = {"category": shown["category"], "concept": shown.get("concept")}
    return {**measured(), **concept, "entries": entries}


def figure_files(name):
    return [f"{RUN}/figures/{name}.{extension}" for extension in ("svg", "pdf", "png")]


def paper_files():
    """Return every table and figure of the run."""
    return [
        *[
            f"{RUN}/tables/table01.{extension}"
            for extension in ("csv", "md", "tex", "html")
        ],
        *[
            f"{RUN}/tables/table01_comparison.{extension}"
            for extension in ("csv", "md", "html")
        ],
        *figure_files("figure02"),
        *figure_files("figure03"),
        *further_paper_files(),
        *gallery_files(),
    ]


def manifest_inputs():
    """Return the files that the manifest vouches for: every result of the run."""
    trained = [name for name, model in MODELS.items() if "training" in model]
    recipes = ("history.csv", "torchdistill.yaml")
    dissected = pairs(CONFIG["paper"]["models"])
    return [
        dataset_summary("training_data"),
        dataset_summary("concept_data"),
        *all_model_files("model.pt"),
        *all_model_files("metrics.json"),
        *[model_file(*pair, file) for pair in pairs(trained) for file in recipes],
        *[
            f"{DISSECTION.format(model=name, seed=seed)}/{layer}{ending}"
            for name, seed in dissected
            for layer in LAYERS
            for ending in (".npz", ".csv", "_shuffled.npz", "_shuffled.csv", "_top.npz")
        ],
        f"{RUN}/dissection/activation_maps.npz",
        *paper_files(),
    ]


def curve_runs(figure):
    """Return the lines of Figure 9 or 10 by seed: its models, then the shuffled-label null."""
    names = CONFIG["paper"][figure]["models"]
    rows = [row for row in table01_runs() if row["model"] in names]
    return sorted(
        rows, key=lambda row: (row["labels"] == "shuffled", names.index(row["model"]))
    )


def curve_tallies(figure):
    return [
        tallies(row["model"], row["seed"], labels=row["labels"])
        for row in curve_runs(figure)
    ]


def curve_params(figure):
    """Return what Figure 9 or 10 holds fixed, and the values of the setting that varies."""
    varied, fixed = {
        "figure09": ("quantiles", "iou_threshold"),
        "figure10": ("iou_thresholds", "quantile"),
    }[figure]
    settings = measured()
    return {
        "layer": settings["layer"],
        "denominator": settings["denominator"],
        fixed: settings[fixed],
        varied: CONFIG["paper"][figure][varied],
        "runs": curve_runs(figure),
        "dataset": dataset_names(),
    }


def table10_tallies():
    """Return the files of the first layer in the order of the rows, then the second's, ..."""
    return [
        tallies(row["model"], row["seed"], layer, row["labels"])
        for layer in CONFIG["paper"]["table10"]["layers"]
        for row in table01_runs()
    ]


def table10_params():
    settings = {key: value for key, value in measured().items() if key != "layer"}
    layers = CONFIG["paper"]["table10"]["layers"]
    runs, dataset = table01_runs(), dataset_names()
    return {**settings, "layers": layers, "runs": runs, "dataset": dataset}


def first_seed(wildcards):
    """Return the network that stands for a model where one is shown."""
    model = MODELS[wildcards.model]
    return {
        "model": wildcards.model,
        "seed": model["seeds"][0],
        "label": model["label"],
    }


def first_seed_file(suffix):
    """Return an input function: the file of the table's layer of the network that is shown."""

    def file(wildcards):
        name, seed = wildcards.model, MODELS[wildcards.model]["seeds"][0]
        return f"{DISSECTION.format(model=name, seed=seed)}/{TABLE_LAYER}{suffix}"

    return file


def unit_grid_params():
    keys = ("units_per_category", "images")
    return {
        **{key: CONFIG["paper"]["unit_grids"][key] for key in keys},
        "categories": CONFIG["concept_data"].get("categories"),
    }


def gallery_entries():
    """Return the pages of the gallery: every layer of its models, by their first seed or all."""
    shown = CONFIG["paper"]["gallery"]
    return [
        {"label": MODELS[name]["label"], "model": name, "seed": seed, "layer": layer}
        for name in shown["models"]
        for seed in MODELS[name]["seeds"][: 1 if shown["seeds"] == "first" else None]
        for layer in LAYERS
    ]


def gallery_tallies():
    return [tallies(e["model"], e["seed"], e["layer"]) for e in gallery_entries()]


def gallery_pages():
    page = f"{RUN}/gallery/{{model}}/seed{{seed}}/{{layer}}.html"
    return [page.format(**entry) for entry in gallery_entries()]


def gallery_files():
    """Return the pages and their index, unless the config does without them."""
    if not CONFIG["paper"]["gallery"]["enabled"]:
        return []
    return [*gallery_pages(), f"{RUN}/gallery/index.html"]


def gallery_params(wildcards):
    shown = CONFIG["paper"]["gallery"]
    return {
        **measured(),
        **{key: shown[key] for key in ("images", "thumbnail")},
        "label": MODELS[wildcards.model]["label"],
        "model": wildcards.model,
        "seed": int(wildcards.seed),
        "layer": wildcards.layer,
        "categories": CONFIG["concept_data"].get("categories"),
    }


def gallery_index_params():
    settings = {key: value for key, value in measured().items() if key != "layer"}
    return {
        **settings,
        "title": CONFIG["title"],
        "dataset": CONFIG["concept_data"]["name"],
        "entries": gallery_entries(),
    }


def further_paper_files():
    """Return Figures 9 and 10, Table 10 and the figures of single models, as far as made."""
    paper = CONFIG["paper"]
    files = [*figure_files("figure10"), f"{RUN}/figures/figure10.csv"]
    if len(paper["figure09"]["quantiles"]) > 1:
        files += [*figure_files("figure09"), f"{RUN}/figures/figure09.csv"]
    if paper["table10"]["layers"]:
        kinds = ("csv", "md", "tex", "html")
        files += [f"{RUN}/tables/table10.{extension}" for extension in kinds]
    for name in paper["models"]:
        files += figure_files(f"concepts_{name}")
    for name in paper["unit_grids"]["models"]:
        files += figure_files(f"units_{name}")
    return files


# What the config names of the concept dataset is looked up here once the dataset has been checked:
# as params of a job it would make that job, and all that follows, out of date with every change.
if (
    Path(dataset_summary("concept_data")).exists()
    and Path(dataset_root("concept_data"), "category.csv").exists()
):
    try:
        check_choices(CONFIG, Path(dataset_root("concept_data")))
    except InputError as error:
        raise WorkflowError(str(error)) from None
