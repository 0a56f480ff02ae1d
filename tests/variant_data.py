"""Made-up tallies of several models, for the tests of Tables 6 to 9 and 11 and Figures 4 and 5."""

from paper_data import CATEGORIES, run_of, write_metrics, write_tallies

UNITS = 20


def write_networks(folder, models, units=UNITS, layer="layer4"):
    """Write tallies and metrics of each model.

    Args:
        models: for each run (without its seed) the number of detectors and the accuracy by seed.

    Returns:
        The arguments of the scripts: runs, tallies, metrics.
    """
    runs, tallies, metrics = [], [], []
    for run, networks in models:
        for seed, (detectors, top1) in enumerate(networks, start=1):
            name = f"{run['model']}_{run['labels']}_{seed}"
            detected = [[f"{CATEGORIES[i % 6]} 1"] for i in range(detectors)]
            which = {"model": run["model"], "seed": seed}
            tallies.append(
                str(
                    write_tallies(
                        folder / f"{name}.npz",
                        detected + [[]] * (units - detectors),
                        **which,
                        labels=run["labels"],
                        layer=run["layer"],
                    )
                )
            )
            metrics.append(str(write_metrics(folder / f"{name}.json", **which, top1=top1)))
            runs.append({**run, "seed": seed})
    return {"runs": runs, "tallies": tallies, "metrics": metrics}


def model(name, method, label=None, reference=None, **more):
    return run_of(name, 1, method, label, reference, **more)


SCRATCH = model("scratch", "cross_entropy", "Scratch", "scratch")
NOISE = model("noise", "random_init", "Random weights")
SHUFFLED = model("scratch", "cross_entropy", "Scratch, shuffled labels", labels="shuffled")
