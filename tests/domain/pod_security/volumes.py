"""The least that the API asks of a volume of each type."""

from typing import Any, Final

VOLUME_SOURCES: Final[dict[str, dict[str, Any]]] = {
    "unset": {},
    "configMap": {"configMap": {"name": "own"}},
    "csi": {"csi": {"driver": "own.example.com"}},
    "downwardAPI": {"downwardAPI": {}},
    "emptyDir": {"emptyDir": {}},
    "ephemeral": {
        "ephemeral": {
            "volumeClaimTemplate": {
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
            }
        }
    },
    "image": {"image": {"reference": "image:1"}},
    "persistentVolumeClaim": {"persistentVolumeClaim": {"claimName": "own"}},
    "projected": {"projected": {"sources": [{"configMap": {"name": "own"}}]}},
    "secret": {"secret": {"secretName": "own"}},
    "hostPath": {"hostPath": {"path": "/"}},
    "gcePersistentDisk": {"gcePersistentDisk": {"pdName": "own"}},
    "awsElasticBlockStore": {"awsElasticBlockStore": {"volumeID": "own"}},
    "gitRepo": {"gitRepo": {"repository": "own"}},
    "nfs": {"nfs": {"server": "own", "path": "/"}},
    "iscsi": {"iscsi": {"targetPortal": "own", "iqn": "iqn.2015-02.example.com:own", "lun": 0}},
    "glusterfs": {"glusterfs": {"endpoints": "own", "path": "own"}},
    "rbd": {"rbd": {"monitors": ["own"], "image": "own"}},
    "flexVolume": {"flexVolume": {"driver": "own/driver"}},
    "cinder": {"cinder": {"volumeID": "own"}},
    "cephfs": {"cephfs": {"monitors": ["own"]}},
    "flocker": {"flocker": {"datasetName": "own"}},
    "fc": {"fc": {"wwids": ["own"]}},
    "azureFile": {"azureFile": {"secretName": "own", "shareName": "own"}},
    "vsphereVolume": {"vsphereVolume": {"volumePath": "own"}},
    "quobyte": {"quobyte": {"registry": "own:80", "volume": "own"}},
    "azureDisk": {"azureDisk": {"diskName": "own", "diskURI": "https://example.com/own"}},
    "photonPersistentDisk": {"photonPersistentDisk": {"pdID": "own"}},
    "portworxVolume": {"portworxVolume": {"volumeID": "own"}},
    "scaleIO": {"scaleIO": {"gateway": "own", "system": "own", "volumeName": "own", "secretRef": {"name": "own"}}},
    "storageos": {"storageos": {"volumeName": "own"}},
}
