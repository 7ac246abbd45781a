//! Where each kind has its images.

use super::super::{Object, Paths, images, images_of};
use super::{agrees, doubts, found, owned, uses};
use serde_json::{Value, json};

/// The spec of a Pod that has an image in each place where one can be.
fn pod() -> Value {
    json!({
        "initContainers": [{ "name": "init", "image": "r.io/init:1" }],
        "containers": [{ "name": "app", "image": "r.io/app:1" }, { "name": "side", "image": "r.io/side:1" }],
        "ephemeralContainers": [{ "name": "debug", "image": "r.io/debug:1" }],
        "volumes": [
            { "name": "data", "image": { "reference": "r.io/data:1", "pullPolicy": "Always" } },
            { "name": "tmp", "emptyDir": {} },
        ],
    })
}

const IN_A_POD: [(&str, &str); 5] = [
    ("containers[0].image", "r.io/app:1"),
    ("containers[1].image", "r.io/side:1"),
    ("ephemeralContainers[0].image", "r.io/debug:1"),
    ("initContainers[0].image", "r.io/init:1"),
    ("volumes[0].image.reference", "r.io/data:1"),
];

#[track_caller]
fn runs_a_pod(version: &str, kind: &str, path: &str) {
    let inside = path.rsplit('.').fold(pod(), |inside, key| json!({ key: inside }));
    let mut object = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "web", "namespace": "prod" } });
    for (key, value) in inside.as_object().expect("an object") {
        object[key] = value.clone();
    }
    let text = object.to_string();
    let expected: Vec<_> = IN_A_POD.iter().map(|(end, image)| (format!("{path}.{end}"), (*image).to_owned())).collect();
    let mut all = uses(&text);
    all.sort();
    assert_eq!(all, expected, "{version} {kind}");
    let group = version.split_once('/').map_or("", |(group, _)| group).to_owned();
    let (namespace, name) = (Some("prod".to_owned()), Some("web".to_owned()));
    let named = Object { group, kind: kind.to_owned(), namespace, name };
    assert!(found(&text).images.iter().all(|image| image.object == named));
    agrees(&text);
}

#[test]
fn every_workload_of_kubernetes_is_read_wherever_it_has_an_image() {
    runs_a_pod("v1", "Pod", "spec");
    runs_a_pod("v1", "PodTemplate", "template.spec");
    runs_a_pod("v1", "ReplicationController", "spec.template.spec");
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"] {
        runs_a_pod("apps/v1", kind, "spec.template.spec");
    }
    runs_a_pod("extensions/v1beta1", "Deployment", "spec.template.spec");
    runs_a_pod("batch/v1", "Job", "spec.template.spec");
    runs_a_pod("batch/v1", "CronJob", "spec.jobTemplate.spec.template.spec");
}

#[test]
fn custom_resources_that_embed_a_pod_are_read_as_one() {
    runs_a_pod("serving.knative.dev/v1", "Service", "spec.template.spec");
    runs_a_pod("argoproj.io/v1alpha1", "Rollout", "spec.template.spec");
    runs_a_pod("apps.openshift.io/v1", "DeploymentConfig", "spec.template.spec");
    runs_a_pod("keda.sh/v1alpha1", "ScaledJob", "spec.jobTargetRef.template.spec");
    runs_a_pod("kubeflow.org/v1", "PyTorchJob", "spec.pytorchReplicaSpecs.Worker.template.spec");
}

#[test]
fn containers_and_volumes_are_named() {
    let text = json!({ "apiVersion": "v1", "kind": "Pod", "spec": pod() }).to_string();
    let names: Vec<_> = found(&text).images.into_iter().map(|image| image.container.unwrap_or_default()).collect();
    assert_eq!(names, ["app", "side", "debug", "init", "data"]);
}

#[test]
fn custom_resources_are_read_at_their_paths() {
    let prometheus = "{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, spec: {image: a/p:1, thanos: {image: a/t:1}, \
        containers: [{name: x, image: a/x:1}]}}";
    let expected = [("spec.image", "a/p:1"), ("spec.containers[0].image", "a/x:1"), ("spec.thanos.image", "a/t:1")];
    assert_eq!(uses(prometheus), owned(&expected));
    let task = "{apiVersion: tekton.dev/v1, kind: Task, spec: {steps: [{image: a/s:1}], stepTemplate: {image: a/d:1}}}";
    assert_eq!(uses(task), owned(&[("spec.steps[0].image", "a/s:1"), ("spec.stepTemplate.image", "a/d:1")]));
    let pipeline = "{apiVersion: tekton.dev/v1, kind: Pipeline, spec: {tasks: [{name: a, taskRef: {name: b}}, {taskSpec: \
        {steps: [{image: a/s:1}]}}]}}";
    assert_eq!(uses(pipeline), owned(&[("spec.tasks[1].taskSpec.steps[0].image", "a/s:1")]));
    let workflow = "{apiVersion: argoproj.io/v1alpha1, kind: Workflow, spec: {templates: [{container: {image: a/c:1}}, \
        {script: {image: a/s:1}, sidecars: [{image: a/d:1}]}, {containerSet: {containers: [{image: a/e:1}]}}]}}";
    let mut found = uses(workflow);
    found.sort();
    let expected = [
        ("spec.templates[0].container.image", "a/c:1"),
        ("spec.templates[1].script.image", "a/s:1"),
        ("spec.templates[1].sidecars[0].image", "a/d:1"),
        ("spec.templates[2].containerSet.containers[0].image", "a/e:1"),
    ];
    assert_eq!(found, owned(&expected));
}

#[test]
fn what_the_caller_knows_is_read_too() {
    let text = "{apiVersion: acme.dev/v2, kind: Site, spec: {parts: [{image: a/b:1}], more: {x: {image: a/c:1}}}}";
    assert_eq!(doubts(text).len(), 2);
    let paths =
        Paths::known().with("acme.dev/Site: spec.parts[].image").and_then(|it| it.with("acme.dev/Site: spec.more.*"));
    let found = images(text, &paths.expect("paths")).expect("a manifest");
    let paths: Vec<_> = found.images.iter().map(|image| &*image.path).collect();
    assert_eq!((paths, found.doubts.len()), (vec!["spec.parts[0].image", "spec.more.x.image"], 0));
}

#[test]
fn lists_are_read_item_by_item_also_where_items_do_not_say_what_they_are() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{image: a/b:1}]}}";
    let list = format!("{{apiVersion: v1, kind: List, items: [{{kind: ConfigMap, apiVersion: v1}}, {pod}]}}");
    assert_eq!(uses(&list), owned(&[("items[1].spec.containers[0].image", "a/b:1")]));
    let nested = format!("{{apiVersion: v1, kind: List, items: [{list}]}}");
    assert_eq!(uses(&nested), owned(&[("items[0].items[1].spec.containers[0].image", "a/b:1")]));
    let typed = "{apiVersion: apps/v1, kind: DeploymentList, items: [{metadata: {name: a}, spec: {template: {spec: \
        {containers: [{image: a/b:1}]}}}}]}";
    assert_eq!(uses(typed), owned(&[("items[0].spec.template.spec.containers[0].image", "a/b:1")]));
    assert_eq!(found(typed).images[0].object.to_string(), "Deployment a");
}

#[test]
fn what_runs_nothing_is_passed_over() {
    for (version, kind) in [
        ("v1", "ConfigMap"),
        ("v1", "Service"),
        ("v1", "Secret"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole"),
        ("kyverno.io/v1", "ClusterPolicy"),
    ] {
        let text = format!("{{apiVersion: {version}, kind: {kind}, spec: {{image: a/b:1}}, data: {{image: a/b:1}}}}");
        assert_eq!(uses(&text), [], "{kind}");
    }
    for nothing in ["", "---\n", "# nothing\n", "---\n---\n", "null\n", "{}"] {
        assert_eq!(uses(nothing), [], "{nothing}");
    }
}

/// `image` may be left out of a template; the API server sees to the rest.
#[test]
fn a_container_without_an_image_has_none() {
    for image in ["", "image: null", "image: ~", "image: ''", "image:"] {
        assert_eq!(uses(&format!("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    {image}\n")), []);
    }
    let null = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: !!str null}, {image: 'null'}, {image: 12}]}\n";
    assert_eq!(uses(null).into_iter().map(|(_, image)| image).collect::<Vec<_>>(), ["null", "null", "12"]);
}

#[test]
fn what_looks_like_an_image_and_is_of_an_unknown_kind_is_in_doubt() {
    const UNKNOWN: &str = "image-of-unknown-kind";
    let one =
        |spec: &str| doubts(&format!("{{apiVersion: acme.dev/v1, kind: Site, metadata: {{image: x}}, spec: {spec}}}"));
    for key in ["image", "initImage", "SIDECAR_IMAGE", "imageName", "base-image"] {
        assert_eq!(one(&format!("{{a: [{{{key}: a/b:1}}]}}")), [(format!("spec.a[0].{key}"), UNKNOWN)]);
    }
    assert_eq!(one("{image: {repository: a/b, tag: 1}}"), [("spec.image".to_owned(), UNKNOWN)]);
    assert_eq!(one("{images: [a/b:1, {image: c}]}").len(), 2);
    assert_eq!(one("{template: {spec: {containers: [{image: a/b:1}]}}}").len(), 1);
    for nothing in
        ["image: true", "image: 3", "image: null", "image: 'https://x.io/a.png'", "imaging: a", "labels: {image: a}"]
    {
        assert_eq!(one(&format!("{{{nothing}}}")), [], "{nothing}");
    }
    let doubt = &found("{apiVersion: acme.dev/v1, kind: Site, spec: {a: [{image: a/b:1}]}}").doubts[0];
    assert_eq!(doubt.to_string(), "spec.a[0].image of Site may be an image: `a/b:1`");
    assert_eq!(doubt.hint(), "if an image is run from there, say so: `acme.dev/Site: spec.a.image`");
    assert_eq!(doubt.at.as_ref().map(|at| (at.line, at.column)), Some((1, 58)));
}

/// A group in the wrong place must not hide a workload.
#[test]
fn a_workload_that_says_wrongly_what_it_is_is_in_doubt() {
    let spec = "spec: {template: {spec: {containers: [{image: a/b:1}]}}}";
    for head in
        ["apiVersion: v1, kind: Deployment", "kind: Deployment", "apiVersion: acme.dev/v1, kind: Deployment", "a: b"]
    {
        assert_eq!(doubts(&format!("{{{head}, {spec}}}")).len(), 1, "{head}");
    }
}

#[test]
fn a_known_kind_is_in_doubt_where_it_has_more_than_is_known() {
    let text =
        "{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, spec: {image: a/p:1, reloader: {image: a/r:1}}}";
    let found = found(text);
    assert_eq!((found.images.len(), found.doubts.len()), (1, 1));
    assert_eq!(found.doubts[0].path, "spec.reloader.image");
    let parts = "{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, spec: {image: {tag: 1}}}";
    assert_eq!(doubts(parts), [("spec.image".to_owned(), "image-not-a-text")]);
}

#[test]
fn manifests_within_texts_are_in_doubt() {
    let yaml = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  podSpecPatch: |\n    containers:\n    - image: evil\n";
    assert_eq!(doubts(yaml), [("spec.podSpecPatch".to_owned(), "image-in-text")]);
    let json = r#"{"apiVersion": "acme.dev/v1", "kind": "Site", "spec": {"patch": "[{\"image\" : \"evil\"}]", "text": "an image"}}"#;
    assert_eq!(doubts(json), [("spec.patch".to_owned(), "image-in-text")]);
}

#[test]
fn a_kustomization_says_what_is_replaced_and_not_what_is_run() {
    let images = "resources: [a.yaml]\nimages:\n- name: app\n  newTag: '2'\n";
    for head in ["", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"] {
        let text = format!("{head}{images}");
        assert_eq!(doubts(&text), [("images".to_owned(), "image-of-kustomization")]);
    }
    assert_eq!(uses("resources: [a.yaml]\nnamePrefix: x-\n"), []);
}

#[test]
fn an_object_is_no_list_and_no_abyss() {
    let paths = Paths::known();
    assert_eq!(images_of(&json!([]), &paths).unwrap_err().code(), "manifest-not-an-object");
    assert_eq!(images_of(&json!("Pod"), &paths).unwrap_err().code(), "manifest-not-an-object");
    let nest = |depth| (0..depth).fold(json!({}), |inside, _| json!({ "a": inside }));
    assert!(images_of(&nest(127), &paths).is_ok());
    assert_eq!(images_of(&nest(128), &paths).unwrap_err().code(), "manifest-over-budget");
    let many = Value::Array(vec![Value::Null; crate::budget::NODES - 3]);
    assert!(images_of(&json!({ "a": many }), &paths).is_ok());
    let many = Value::Array(vec![Value::Null; crate::budget::NODES - 2]);
    assert_eq!(images_of(&json!({ "a": many }), &paths).unwrap_err().code(), "manifest-over-budget");
}
