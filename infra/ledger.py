"""The ledger's bucket, in which nobody can change an object, and the key that signs its checkpoints."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.settings import DeploymentSettings
from infra.storage import Storage


class Ledger(Construct):
    """Object Lock in COMPLIANCE mode: not even the root user can delete an object within its retention."""

    def __init__(self, scope: Construct, name: str, settings: DeploymentSettings, storage: Storage) -> None:
        super().__init__(scope, name)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            versioned=True,
            object_lock_enabled=True,
            object_lock_default_retention=s3.ObjectLockRetention.compliance(
                Duration.days(settings.retention_days)
            ),
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=storage.access_logs,
            server_access_logs_prefix="ledger/",
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.signing_key = kms.Key(
            self,
            "SigningKey",
            description="Plumbline: signs the ledger's checkpoints",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=RemovalPolicy.RETAIN,
        )
