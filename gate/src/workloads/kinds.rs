//! Which kinds of objects run images, and where in them those stand.

use super::error::{ManifestError, shown};

/// What an object of some kind can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule<'p> {
    /// Nothing.
    Nothing,
    /// What stands at these paths, and nothing else: the kind is Kubernetes' own, which drops fields that it does not know.
    Only(Vec<&'p str>),
    /// What stands at these paths, and maybe more: the kind is somebody's. Without a path, nothing is known of it.
    AtLeast(Vec<&'p str>),
}

/// Where images stand in custom resources: what is known of the common ones, and what the caller knows of others.
///
/// A path is keys with dots between them, from the object's root; `*` is each key of an object, and lists are gone through
/// item by item. At its end may stand an image's name, a container, the `spec` of a Pod, or a list of those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths(Vec<Row>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    group: String,
    kind: String,
    path: String,
}

impl Paths {
    /// Those that are known, and no others.
    pub fn known() -> Self {
        Self(Vec::new())
    }

    /// With one more: `monitoring.coreos.com/Prometheus: spec.image`. The version of the group makes no difference.
    ///
    /// # Errors
    /// [`ManifestError::NotAnImagePath`].
    pub fn with(mut self, text: &str) -> Result<Self, ManifestError> {
        let refuse = |why| ManifestError::NotAnImagePath { text: shown(text), why };
        let (kind, path) = text.split_once(": ").ok_or_else(|| refuse("there is no colon and space after the kind"))?;
        let (group, kind) = kind.trim().split_once('/').unwrap_or(("", kind));
        let word = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !word(kind) || !(group.is_empty() || word(group)) {
            return Err(refuse("a kind is named with its group and without its version"));
        }
        let path = path.trim().replace("[]", "").replace("[*]", "");
        if !path.split('.').all(|step| step == "*" || word(step)) {
            return Err(refuse("a path is keys with dots between them"));
        }
        self.0.push(Row { group: group.to_owned(), kind: kind.to_owned(), path });
        Ok(self)
    }

    /// What an object of this kind can run.
    pub(super) fn rule(&self, group: &str, kind: &str) -> Rule<'_> {
        let of = |table: &'static [Known]| {
            table.iter().filter(|row| row.0 == group && row.1.contains(&kind)).flat_map(|row| row.2.iter().copied())
        };
        let told = self.0.iter().filter(|row| row.group == group && row.kind == kind).map(|row| &*row.path);
        let own = of(OWN).next().is_some();
        let idle = IDLE_GROUPS.contains(&group) || IDLE.iter().any(|row| row.0 == group && row.1.contains(&kind));
        let paths: Vec<_> = of(OWN).chain(of(CUSTOM)).chain(told).collect();
        match paths.is_empty() {
            _ if own => Rule::Only(paths),
            true if idle => Rule::Nothing,
            _ => Rule::AtLeast(paths),
        }
    }
}

/// Group, kinds, paths.
type Known = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Kubernetes' own, by its API reference.
const OWN: &[Known] = &[
    ("", &["Pod"], &["spec"]),
    ("", &["PodTemplate"], &["template.spec"]),
    ("", &["ReplicationController"], &["spec.template.spec"]),
    ("apps", &["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"], &["spec.template.spec"]),
    ("extensions", &["Deployment", "DaemonSet", "ReplicaSet"], &["spec.template.spec"]),
    ("batch", &["Job"], &["spec.template.spec"]),
    ("batch", &["CronJob"], &["spec.jobTemplate.spec.template.spec"]),
];

/// Groups in which nothing runs an image: Kubernetes' own, and policies, which only speak of images.
const IDLE_GROUPS: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "bulla.dev",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "kyverno.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policies.kyverno.io",
    "policy",
    "policy.sigstore.dev",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "templates.gatekeeper.sh",
    "constraints.gatekeeper.sh",
];

/// Kinds that run nothing, in groups where others do.
const IDLE: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "Binding",
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "Namespace",
            "Node",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
    ),
    ("extensions", &["Ingress", "NetworkPolicy", "PodSecurityPolicy"]),
    ("monitoring.coreos.com", &["PodMonitor", "Probe", "PrometheusRule", "ServiceMonitor"]),
];

/// Where a workflow of Argo has images, below its `spec` (its `workflow_types.go`).
const ARGO: &[&str] = &[
    "spec.templates.container",
    "spec.templates.script",
    "spec.templates.initContainers",
    "spec.templates.sidecars",
    "spec.templates.containerSet.containers",
    "spec.templateDefaults.container",
    "spec.templateDefaults.script",
    "spec.templateDefaults.initContainers",
    "spec.templateDefaults.sidecars",
    "spec.templateDefaults.containerSet.containers",
];

/// Other people's kinds. What a row lacks is not overlooked: it is in doubt.
const CUSTOM: &[Known] = &[
    // Operators of Prometheus and OpenTelemetry.
    (
        "monitoring.coreos.com",
        &["Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler"],
        &["spec", "spec.thanos.image"],
    ),
    ("opentelemetry.io", &["OpenTelemetryCollector", "TargetAllocator"], &["spec", "spec.additionalContainers"]),
    (
        "opentelemetry.io",
        &["Instrumentation"],
        &[
            "spec.java.image",
            "spec.nodejs.image",
            "spec.python.image",
            "spec.dotnet.image",
            "spec.go.image",
            "spec.apacheHttpd.image",
            "spec.nginx.image",
        ],
    ),
    // Knative.
    ("serving.knative.dev", &["Service", "Configuration"], &["spec.template.spec"]),
    ("serving.knative.dev", &["Revision"], &["spec"]),
    ("sources.knative.dev", &["ContainerSource"], &["spec.template.spec"]),
    // Argo.
    ("argoproj.io", &["Rollout"], &["spec.template.spec"]),
    ("argoproj.io", &["Experiment"], &["spec.templates.template.spec"]),
    (
        "argoproj.io",
        &["AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun"],
        &["spec.metrics.provider.job.spec.template.spec"],
    ),
    ("argoproj.io", &["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate"], ARGO),
    (
        "argoproj.io",
        &["CronWorkflow"],
        &[
            "spec.workflowSpec.templates.container",
            "spec.workflowSpec.templates.script",
            "spec.workflowSpec.templates.initContainers",
            "spec.workflowSpec.templates.sidecars",
            "spec.workflowSpec.templates.containerSet.containers",
        ],
    ),
    // Tekton.
    ("tekton.dev", &["Task", "ClusterTask"], &["spec.steps", "spec.sidecars", "spec.stepTemplate"]),
    ("tekton.dev", &["StepAction"], &["spec"]),
    ("tekton.dev", &["TaskRun"], &["spec.taskSpec.steps", "spec.taskSpec.sidecars", "spec.taskSpec.stepTemplate"]),
    (
        "tekton.dev",
        &["Pipeline"],
        &[
            "spec.tasks.taskSpec.steps",
            "spec.tasks.taskSpec.sidecars",
            "spec.tasks.taskSpec.stepTemplate",
            "spec.finally.taskSpec.steps",
            "spec.finally.taskSpec.sidecars",
            "spec.finally.taskSpec.stepTemplate",
        ],
    ),
    (
        "tekton.dev",
        &["PipelineRun"],
        &[
            "spec.pipelineSpec.tasks.taskSpec.steps",
            "spec.pipelineSpec.tasks.taskSpec.sidecars",
            "spec.pipelineSpec.tasks.taskSpec.stepTemplate",
            "spec.pipelineSpec.finally.taskSpec.steps",
            "spec.pipelineSpec.finally.taskSpec.sidecars",
            "spec.pipelineSpec.finally.taskSpec.stepTemplate",
        ],
    ),
    // Batches, and what learns.
    ("jobset.x-k8s.io", &["JobSet"], &["spec.replicatedJobs.template.spec.template.spec"]),
    (
        "leaderworkerset.x-k8s.io",
        &["LeaderWorkerSet"],
        &["spec.leaderWorkerTemplate.leaderTemplate.spec", "spec.leaderWorkerTemplate.workerTemplate.spec"],
    ),
    ("batch.volcano.sh", &["Job"], &["spec.tasks.template.spec"]),
    ("keda.sh", &["ScaledJob"], &["spec.jobTargetRef.template.spec"]),
    (
        "kubeflow.org",
        &["TFJob", "PyTorchJob", "MPIJob", "XGBoostJob", "PaddleJob"],
        &[
            "spec.tfReplicaSpecs.*.template.spec",
            "spec.pytorchReplicaSpecs.*.template.spec",
            "spec.mpiReplicaSpecs.*.template.spec",
            "spec.xgbReplicaSpecs.*.template.spec",
            "spec.paddleReplicaSpecs.*.template.spec",
        ],
    ),
    ("ray.io", &["RayCluster"], &["spec.headGroupSpec.template.spec", "spec.workerGroupSpecs.template.spec"]),
    (
        "ray.io",
        &["RayJob"],
        &[
            "spec.rayClusterSpec.headGroupSpec.template.spec",
            "spec.rayClusterSpec.workerGroupSpecs.template.spec",
            "spec.submitterPodTemplate.spec",
        ],
    ),
    ("sparkoperator.k8s.io", &["SparkApplication"], &["spec", "spec.driver", "spec.executor"]),
    // Deployments by another name.
    ("apps.openshift.io", &["DeploymentConfig"], &["spec.template.spec"]),
    ("apps.kruise.io", &["CloneSet", "StatefulSet", "DaemonSet", "BroadcastJob"], &["spec.template.spec"]),
    ("apps.kruise.io", &["SidecarSet"], &["spec"]),
    ("actions.github.com", &["AutoscalingRunnerSet", "EphemeralRunnerSet"], &["spec.template.spec"]),
    ("agones.dev", &["GameServer"], &["spec.template.spec"]),
    ("agones.dev", &["Fleet", "GameServerSet"], &["spec.template.spec.template.spec"]),
    // Databases, and machines.
    ("postgresql.cnpg.io", &["Cluster"], &["spec.imageName"]),
    ("postgresql.cnpg.io", &["Pooler"], &["spec.template.spec"]),
    ("elasticsearch.k8s.elastic.co", &["Elasticsearch"], &["spec.image", "spec.nodeSets.podTemplate.spec"]),
    ("kibana.k8s.elastic.co", &["Kibana"], &["spec.image", "spec.podTemplate.spec"]),
    ("kubevirt.io", &["VirtualMachine"], &["spec.template.spec.volumes.containerDisk.image"]),
    ("kubevirt.io", &["VirtualMachineInstance"], &["spec.volumes.containerDisk.image"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(text: &str) {
        assert_eq!(Paths::known().with(text).unwrap_err().code(), "not-an-image-path", "{text}");
    }

    #[test]
    fn a_service_is_what_its_group_makes_of_it() {
        let paths = Paths::known();
        assert_eq!(paths.rule("", "Service"), Rule::Nothing);
        assert_eq!(paths.rule("serving.knative.dev", "Service"), Rule::AtLeast(vec!["spec.template.spec"]));
        assert_eq!(paths.rule("acme.dev", "Service"), Rule::AtLeast(vec![]));
        assert_eq!(paths.rule("apps", "Service"), Rule::AtLeast(vec![]));
    }

    #[test]
    fn what_the_caller_knows_is_added_and_takes_nothing_away() {
        let told = "monitoring.coreos.com/Prometheus: spec.volumes[].reloader[*].image";
        let paths = Paths::known().with(told).unwrap().with("ConfigMap: data.image").unwrap().with("Pod: x").unwrap();
        let prometheus = vec!["spec", "spec.thanos.image", "spec.volumes.reloader.image"];
        assert_eq!(paths.rule("monitoring.coreos.com", "Prometheus"), Rule::AtLeast(prometheus));
        assert_eq!(paths.rule("", "ConfigMap"), Rule::AtLeast(vec!["data.image"]));
        assert_eq!(paths.rule("", "Secret"), Rule::Nothing);
        assert_eq!(paths.rule("", "Pod"), Rule::Only(vec!["spec", "x"]));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "Pod", "Pod:spec", "a/v1/Pod: spec", ": spec", "Pod: ", "Pod: a..b", "Pod: a[0]", "Pod: a b"] {
            refuses(text);
        }
    }

    /// A row that nothing can reach would be read as knowledge.
    #[test]
    fn every_row_is_reached_and_every_path_is_one() {
        for (group, kinds, paths) in OWN.iter().chain(CUSTOM) {
            for kind in *kinds {
                let known = Paths::known();
                let (Rule::Only(found) | Rule::AtLeast(found)) = known.rule(group, kind) else { panic!("{kind}") };
                for path in *paths {
                    assert!(found.contains(path), "{group}/{kind}: {path}");
                    Paths::known().with(&format!("{group}/{kind}: {path}")).unwrap();
                }
            }
        }
    }
}
